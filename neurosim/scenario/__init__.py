"""From a scenario file to a result: data, tasks, training methods, and the engine that runs them."""
