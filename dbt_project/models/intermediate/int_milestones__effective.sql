-- Yearly values that are printed, published or assigned, as they stand on the as-of date.
{{ version_in_force(ref('milestones'), 'plan_id, target_type, target_id, milestone_year', 'published_on') }}
