{# USES_VARIABLES { N_pre, N_post } #}
{% extends 'common_group.cpp' %}

{# Statements for the synapses of the neurons that spiked: rows, or columns, of which each row is gone through once.
   The list of spikes is read where it is; there is no delay, and so no queue.

   delivers: whether the statements add to the neurons at the other end; else they write synapses alone.
   Of columns to write, it is faster to go through all of them than to pick out one in eight. #}
{% set _rows_at_once = 4 %}

{% block maincode %}
    const int _n_pre = {{constant_or_scalar('N_pre', variables['N_pre'])}};
    const int _n_post = {{constant_or_scalar('N_post', variables['N_post'])}};
    const int* __restrict _spikes = {{get_array_name(pathway.source.variables[pathway.eventspace_name], access_data=False)}};
    const int _n_spikes = _spikes[_n_{{pathway.prepost}}];

    // scalar code
    const size_t _vectorisation_idx = -1;
    const bool _due = true;
    {{scalar_code|autoindent}}

    {% if pathway.prepost == 'pre' %}
    int _first = 0;
    {% for count in (_rows_at_once, 1) %}
    for (; _first + {{count}} <= _n_spikes; _first += {{count}})
    {
        #pragma omp simd
        for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
        {
            {% for k in range(count) %}
            {
                const int _presynaptic_idx = _spikes[_first + {{k}}];
                const size_t _idx = (size_t)_presynaptic_idx*_n_post + _postsynaptic_idx;
                const size_t _vectorisation_idx = _idx;
                {{row_code[none]|autoindent}}
                {{vector_code|autoindent}}
            }
            {% endfor %}
        }
    }
    {% endfor %}
    {% else %}
    if (_n_spikes == 0) return;
    {% if not delivers %}
    if (_n_spikes*8 >= _n_post)
    {
        static int64_t _spiked[N_post];
        std::fill_n(_spiked, _n_post, 0);
        for (int _spike = 0; _spike < _n_spikes; _spike++) _spiked[_spikes[_spike]] = 1;
        for (int _presynaptic_idx = 0; _presynaptic_idx < _n_pre; _presynaptic_idx++)
        {
            {{row_code[none]|autoindent}}
            #pragma omp simd
            for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
            {
                const size_t _idx = (size_t)_presynaptic_idx*_n_post + _postsynaptic_idx;
                const size_t _vectorisation_idx = _idx;
                const bool _due = _spiked[_postsynaptic_idx];
                {{vector_code|autoindent}}
            }
        }
        return;
    }
    {% endif %}
    for (int _spike = 0; _spike < _n_spikes; _spike++)
    {
        const int _postsynaptic_idx = _spikes[_spike];
        #pragma omp simd
        for (int _presynaptic_idx = 0; _presynaptic_idx < _n_pre; _presynaptic_idx++)
        {
            const size_t _idx = (size_t)_presynaptic_idx*_n_post + _postsynaptic_idx;
            const size_t _vectorisation_idx = _idx;
            {{row_code[none]|autoindent}}
            {{vector_code|autoindent}}
        }
    }
    {% endif %}
{% endblock %}
