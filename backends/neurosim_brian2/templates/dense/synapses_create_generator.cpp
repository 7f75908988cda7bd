{# USES_VARIABLES { N, N_pre, N_post } #}
{# WRITES_TO_READ_ONLY_VARIABLES { N } #}
{% extends 'common_group.cpp' %}

{# Every pair has a synapse, pre after pre; nothing reads arrays of indices, so they stay empty. #}
{% block maincode %}
    const size_t _n_synapses = (size_t)N_pre*N_post;
    {% for variable in owner._registered_variables if variable.name not in ('_synaptic_pre', '_synaptic_post') %}
    {{get_array_name(variable, access_data=False)}}.resize(_n_synapses);
    {% endfor %}
    {{N}} = _n_synapses;
{% endblock %}
