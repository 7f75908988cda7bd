{# USES_VARIABLES { N, N_pre, N_post } #}
{% extends 'common_group.cpp' %}

{# All pairs of neurons, in the order of connect(): the indices are loop counters instead of arrays.
   A sum over one row is kept in a register, and may be added up in any order; all else is in Brian2's order. #}
{% block maincode %}
    {% set _target = get_array_name(_target_var) %}
    const int _n_pre = {{constant_or_scalar('N_pre', variables['N_pre'])}};
    const int _n_post = {{constant_or_scalar('N_post', variables['N_post'])}};

    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    {% if _index_var.name == '_synaptic_pre' %}
    for (int _presynaptic_idx = 0; _presynaptic_idx < _n_pre; _presynaptic_idx++)
    {
        double _row = 0;
        #pragma omp simd reduction(+:_row)
        for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
        {
            const size_t _idx = (size_t)_presynaptic_idx*_n_post + _postsynaptic_idx;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            _row += _synaptic_var;
        }
        {{_target}}[_presynaptic_idx] = _row;
    }
    {% else %}
    for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
    {
        {{_target}}[_postsynaptic_idx] = 0;
    }
    for (int _presynaptic_idx = 0; _presynaptic_idx < _n_pre; _presynaptic_idx++)
    {
        #pragma omp simd
        for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
        {
            const size_t _idx = (size_t)_presynaptic_idx*_n_post + _postsynaptic_idx;
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
            {{_target}}[_postsynaptic_idx] += _synaptic_var;
        }
    }
    {% endif %}
{% endblock %}
