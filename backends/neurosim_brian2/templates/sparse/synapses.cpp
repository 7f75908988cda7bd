{# USES_VARIABLES { _synaptic_pre, _synaptic_post, N_pre, N_post } #}
{% extends 'common_group.cpp' %}

{# Statements for the synapses of the neurons that spiked. The list of spikes is read where it is; there is no queue.

   Synapses lie in rows, one for each neuron of pre; where they have delays, one for each of its past spikes. Those of a
   neuron of post are found through a list, pre by pre. #}
{% set _side = pathway.prepost %}
{% set _late = pathway.late is defined %}
{% set _listed = _side == 'post' %}

{% block maincode %}
    {% if _late %}
    const auto& _past = cursor::spikes_before<{{pathway.late.source}}>();
    const int64_t* __restrict _spikes = _past.fired.data();
    const int _n_spikes = _past.fired.size();
    const int64_t _n_near = (int64_t){{pathway.late.longest}}*{{constant_or_scalar('N_' ~ _side, variables['N_' ~ _side])}};
    {% if pathway.late.shown %}
    auto* __restrict _shown = {{get_array_name(owner.variables[pathway.late.shown], access_data=False)}}.data();
    static std::vector<int32_t> _arrived;
    for (const int32_t _k : _arrived) _shown[_k] = 0;
    _arrived.clear();
    {% endif %}
    {% else %}
    const int _n_near = {{constant_or_scalar('N_' ~ _side, variables['N_' ~ _side])}};
    const int* __restrict _spikes = {{get_array_name(pathway.source.variables[pathway.eventspace_name], access_data=False)}};
    const int _n_spikes = _spikes[_n_near];
    {% endif %}
    if (_n_spikes == 0) return;

    static std::vector<int64_t> _starts;
    {% if _listed %}
    static std::vector<int32_t> _column;
    {% endif %}
    if (_starts.empty())
    {
        const auto& _near = {{get_array_name(owner.variables['_synaptic_' ~ _side], access_data=False)}};
        {% if _late %}
        const auto& _delay = {{get_array_name(owner.variables['s__delay'], access_data=False)}};
        const int64_t _size = {{constant_or_scalar('N_' ~ _side, variables['N_' ~ _side])}};
        const auto _row = [&](size_t _k) { return (_delay[_k] - 1)*_size + _near[_k]; };
        {% else %}
        const auto _row = [&](size_t _k) { return _near[_k]; };
        {% endif %}
        _starts.assign(_n_near + 1, 0);
        for (size_t _k = 0; _k < _near.size(); _k++) _starts[_row(_k) + 1]++;
        for (int64_t _i = 0; _i < _n_near; _i++) _starts[_i + 1] += _starts[_i];
        {% if _listed %}
        _column.resize(_near.size());
        std::vector<int64_t> _next(_starts.begin(), _starts.end() - 1);
        for (size_t _k = 0; _k < _near.size(); _k++) _column[_next[_row(_k)]++] = _k;
        {% endif %}
    }

    // scalar code
    const size_t _vectorisation_idx = -1;
    {{scalar_code|autoindent}}

    for (int _spike = 0; _spike < _n_spikes; _spike++)
    {
        {% if _late %}
        if (_spikes[_spike] >= _n_near) break;
        cursor::late_operations += _starts[_spikes[_spike] + 1] - _starts[_spikes[_spike]];
        {% endif %}
        const int64_t _stop = _starts[_spikes[_spike] + 1];
        for (int64_t _k = _starts[_spikes[_spike]]; _k < _stop; _k++)
        {
            const size_t _idx = {{'_column[_k]' if _listed else '_k'}};
            const size_t _vectorisation_idx = _idx;
            {% if _late and pathway.late.shown %}
            _shown[_idx] = 1;
            _arrived.push_back(_idx);
            {% endif %}
            {{vector_code|autoindent}}
        }
    }
{% endblock %}
