-- What was not published has a status and no value; what was has both. No figure is invented.
select
    'dbt_project/seeds/plan/superior_assignments.csv, ' || assignment_id as where_found,
    assignment_status || ' with value ' || coalesce(cast(assigned_value as varchar), 'none') as found,
    'assigned: value, document and date; not_published: none of them' as expected,
    'correct the status, or enter what the document says' as remedy
from {{ ref('superior_assignments') }}
where
    (
        assignment_status = 'not_published'
        and (assigned_value is not null or document_no is not null or document_date is not null)
    )
    or (
        assignment_status = 'assigned'
        and (assigned_value is null or document_title is null or document_date is null)
    )

union all

select
    'dbt_project/seeds/plan/projects.csv, ' || project_id as where_found,
    'schedule ' || schedule_status || ', investment ' || investment_status || ', unit '
    || responsible_unit_status as found,
    'a value exactly where the status says printed or named' as expected,
    'correct the status, or enter what the plan prints' as remedy
from {{ ref('projects') }}
where
    (schedule_status = 'printed') != (coalesce(planned_start_year, planned_end_year) is not null)
    or (investment_status = 'printed') != (investment_cny is not null)
    or (responsible_unit_status = 'not_named') != (responsible_unit_ids is null)

union all

select
    'dbt_project/seeds/plan/text_targets.csv, ' || text_target_id as where_found,
    'figure_basis ' || figure_basis || ', unit ' || responsible_unit_status as found,
    'a figure unless figure_basis is none, a unit unless it is not_named' as expected,
    'correct the status, or enter what the plan prints' as remedy
from {{ ref('text_targets') }}
where
    (figure_basis = 'none') != (coalesce(target_value, baseline_value) is null)
    or (responsible_unit_status = 'not_named') != (responsible_unit_ids is null)
