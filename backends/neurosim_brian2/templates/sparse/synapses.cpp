{# USES_VARIABLES { _synaptic_pre, _synaptic_post, N_pre, N_post } #}
{% extends 'common_group.cpp' %}

{# Statements for the synapses of the neurons that spiked. The list of spikes is read where it is; there is no delay, and
   so no queue.

   Synapses lie in rows, one for each neuron of pre. Those of a neuron of post are found through a list, pre by pre. #}
{% set _side = pathway.prepost %}

{% block maincode %}
    const int _n_near = {{constant_or_scalar('N_' ~ _side, variables['N_' ~ _side])}};
    const int* __restrict _spikes = {{get_array_name(pathway.source.variables[pathway.eventspace_name], access_data=False)}};
    const int _n_spikes = _spikes[_n_near];
    if (_n_spikes == 0) return;

    static std::vector<int64_t> _starts;
    {% if _side == 'post' %}
    static std::vector<int32_t> _column;
    {% endif %}
    if (_starts.empty())
    {
        const auto& _near = {{get_array_name(owner.variables['_synaptic_' ~ _side], access_data=False)}};
        _starts.assign(_n_near + 1, 0);
        for (size_t _k = 0; _k < _near.size(); _k++) _starts[_near[_k] + 1]++;
        for (int _i = 0; _i < _n_near; _i++) _starts[_i + 1] += _starts[_i];
        {% if _side == 'post' %}
        _column.resize(_near.size());
        std::vector<int64_t> _next(_starts.begin(), _starts.end() - 1);
        for (size_t _k = 0; _k < _near.size(); _k++) _column[_next[_near[_k]]++] = _k;
        {% endif %}
    }

    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    for (int _spike = 0; _spike < _n_spikes; _spike++)
    {
        const int64_t _stop = _starts[_spikes[_spike] + 1];
        for (int64_t _k = _starts[_spikes[_spike]]; _k < _stop; _k++)
        {
            const size_t _idx = {{'_column[_k]' if _side == 'post' else '_k'}};
            const size_t _vectorisation_idx = _idx;
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
