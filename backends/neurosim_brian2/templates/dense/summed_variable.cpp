{# USES_VARIABLES { N_pre, N_post } #}
{% extends 'common_group.cpp' %}

{# The sums of one direction or of both, in one pass over the weights, some rows at a time.

   targets: the variables of post and of pre that are written
   loud: the variable of pre whose zeros deliver nothing, so that their rows are left out, or none #}
{% set _rows_at_once = 8 %}

{% block extra_headers %}
{# Sums may be added up in any order, and round once for a product and its addition. #}
#pragma GCC push_options
#pragma GCC optimize("fp-contract=fast", "associative-math", "no-signed-zeros")
{% endblock %}

{% block maincode %}
    const int _n_pre = {{constant_or_scalar('N_pre', variables['N_pre'])}};
    const int _n_post = {{constant_or_scalar('N_post', variables['N_post'])}};

    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    {% if 'post' in targets %}
    {# Its address is not taken, so no pointer reaches it, and what is read of pre stays in registers along a row. #}
    alignas(64) static double _forward[N_post];
    for (int _k = 0; _k < _n_post; _k++) _forward[_k] = 0;
    {% endif %}
    {% if loud is not none %}
    static int _rows[N_pre];
    int _n_rows = 0;
    for (int _row = 0; _row < _n_pre; _row++)
    {
        _rows[_n_rows] = _row;
        _n_rows += {{get_array_name(loud)}}[_row] != 0;
    }
    {% else %}
    const int _n_rows = _n_pre;
    {% endif %}
    int _first = 0;
    {% for count in (_rows_at_once, 1) %}
    for (; _first + {{count}} <= _n_rows; _first += {{count}})
    {
        {% for k in range(count) %}
        const int _row{{k}} = {{'_rows[_first + ' ~ k ~ ']' if loud is not none else '_first + ' ~ k}};
        double _backward{{k}} = 0;
        {% endfor %}
        #pragma GCC ivdep
        for (int _postsynaptic_idx = 0; _postsynaptic_idx < _n_post; _postsynaptic_idx++)
        {
            double _sum = 0;
            {% for k in range(count) %}
            {
                const int _presynaptic_idx = _row{{k}};
                const size_t _idx = (size_t)_presynaptic_idx*_n_post + _postsynaptic_idx;
                const size_t _vectorisation_idx = _idx;
                {{row_code[none]|autoindent}}
                {{vector_code|autoindent}}
                {% if 'post' in targets %}
                _sum += _to_post;
                {% endif %}
                {% if 'pre' in targets %}
                _backward{{k}} += _to_pre;
                {% endif %}
            }
            {% endfor %}
            {% if 'post' in targets %}
            _forward[_postsynaptic_idx] += _sum;
            {% endif %}
        }
        {% if 'pre' in targets %}
        {% for k in range(count) %}
        {{get_array_name(targets['pre'])}}[_row{{k}}] = _backward{{k}};
        {% endfor %}
        {% endif %}
    }
    {% endfor %}
    {% if 'post' in targets %}
    for (int _k = 0; _k < _n_post; _k++) {{get_array_name(targets['post'])}}[_k] = _forward[_k];
    {% endif %}
{% endblock %}

{% block extra_functions_cpp %}
#pragma GCC pop_options
{% endblock %}
