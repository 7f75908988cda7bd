{% extends 'common_group.cpp' %}

{# Nothing waits in a queue: see synapses.cpp. #}
