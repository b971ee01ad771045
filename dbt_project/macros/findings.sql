{#- Id of the printed cell that shows a column of a mart's row, as the bulletin and the report print it. -#}
{% macro evidence_id(table, keys, column) -%}
    'v-{{ table }}-' || concat_ws('-', {{ keys | join(', ') }}) || '-{{ column }}'
{%- endmacro %}

{#- The cells a judgement of a target rests on; a figure that is not there has no cell. -#}
{% macro target_evidence(relation) -%}
    concat_ws(
        '; ',
        {%- for column in ['value', 'progress_pct', 'schedule_pct', 'required_yearly_change', 'outlook_low', 'outlook_high'] %}
        case
            when {{ relation }}.{{ column }} is not null
                then
                    'v-' || case {{ relation }}.target_type
                        when 'indicator' then 'fct_target_progress' else 'fct_text_target_progress'
                    end || '-' || {{ relation }}.plan_id || '-' || {{ relation }}.target_id || '-{{ column }}'
        end{{ ',' if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
