-- The cuts between the status words, as they stand on the as-of date.
{{ version_in_force(ref('status_thresholds'), 'plan_id') }}
