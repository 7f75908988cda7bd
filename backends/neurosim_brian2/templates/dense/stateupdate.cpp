{# USES_VARIABLES { N_pre, N_post } #}
{# ALLOWS_SCALAR_WRITE #}
{% extends 'common_group.cpp' %}

{# Statements for every synapse, a row at a time.

   terms: how many products of a factor of pre and a factor of post are added to a synapse and nothing else is done.
   Where all factors of a row are zero, its synapses stay as they are; unless a factor of post is infinite or NaN. #}
{% block maincode %}
    const int _n_pre = {{constant_or_scalar('N_pre', variables['N_pre'])}};
    const int _n_post = {{constant_or_scalar('N_post', variables['N_post'])}};
    const size_t _vectorisation_idx = -1;
    const bool _due = true;

    {% if terms %}
    double _not_finite = 0;
    {
        {{scalar_code['of_post']|autoindent}}
        #pragma omp simd reduction(+:_not_finite)
        for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
        {
            {{vector_code['of_post']|autoindent}}
            {% for k in range(terms) %}
            _not_finite += _of_post{{k}} - _of_post{{k}};
            {% endfor %}
        }
    }
    static bool _silent[N_pre];
    {
        {{scalar_code['of_pre']|autoindent}}
        for (int _presynaptic_idx = 0; _presynaptic_idx < _n_pre; _presynaptic_idx++)
        {
            {{row_code['of_pre']|autoindent}}
            {{vector_code['of_pre']|autoindent}}
            _silent[_presynaptic_idx] = _not_finite == 0{% for k in range(terms) %} && _of_pre{{k}} == 0{% endfor %};
        }
    }
    {% endif %}
    {{scalar_code['of_synapse']|autoindent}}
    for (int _presynaptic_idx = 0; _presynaptic_idx < _n_pre; _presynaptic_idx++)
    {
        {% if terms %}
        if (_silent[_presynaptic_idx]) continue;
        {% endif %}
        {{row_code['of_synapse']|autoindent}}
        #pragma omp simd
        for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
        {
            const size_t _idx = (size_t)_presynaptic_idx*_n_post + _postsynaptic_idx;
            const size_t _vectorisation_idx = _idx;
            {{vector_code['of_synapse']|autoindent}}
        }
    }
{% endblock %}
