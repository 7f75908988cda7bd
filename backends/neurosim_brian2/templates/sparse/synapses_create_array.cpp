{# USES_VARIABLES { _synaptic_pre, _synaptic_post, sources, targets, N, N_pre, N_post, N_incoming, N_outgoing, _source_offset, _target_offset } #}
{# WRITES_TO_READ_ONLY_VARIABLES { _synaptic_pre, _synaptic_post, N_incoming, N_outgoing, N } #}
{% extends 'common_group.cpp' %}

{# Which synapses there are is data of the run: files in the folder of results. #}
{% block maincode %}
    cursor::read("wiring.{{owner.name}}.pre", {{_dynamic__synaptic_pre}});
    cursor::read("wiring.{{owner.name}}.post", {{_dynamic__synaptic_post}});
    {% if 's__delay' in owner.variables %}
    cursor::read("wiring.{{owner.name}}.delay", {{get_array_name(owner.variables['s__delay'], access_data=False)}});
    {% endif %}
    {% if 's__share' in owner.variables %}
    cursor::read("wiring.{{owner.name}}.share", {{get_array_name(owner.variables['s__share'], access_data=False)}});
    {% endif %}
    const size_t _n_synapses = {{_dynamic__synaptic_pre}}.size();
    {{_dynamic_N_outgoing}}.assign({{constant_or_scalar('N_pre', variables['N_pre'])}}, 0);
    {{_dynamic_N_incoming}}.assign({{constant_or_scalar('N_post', variables['N_post'])}}, 0);
    for (size_t _k = 0; _k < _n_synapses; _k++)
    {
        {{_dynamic_N_outgoing}}[{{_dynamic__synaptic_pre}}[_k]]++;
        {{_dynamic_N_incoming}}[{{_dynamic__synaptic_post}}[_k]]++;
    }
    {% for variable in owner._registered_variables if variable.name not in ('_synaptic_pre', '_synaptic_post', 's__delay', 's__share', 'delay') %}
    {{get_array_name(variable, access_data=False)}}.resize(_n_synapses);
    {% endfor %}
    {{N}} = _n_synapses;
{% endblock %}
