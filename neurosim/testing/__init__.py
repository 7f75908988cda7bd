"""The conformance suite: what a backend must do, as tests that anyone can run.

    pytest --pyargs neurosim.testing --neurosim-backend NAME[:MODE]

`cases` are small programs that together use every part of a step, `random_networks` makes others; `test_cases`,
`test_contract`, `test_kept_state` and `test_random_networks` compare a backend with the reference on them; `plugin`
gives pytest the options and prints the matrix of the tiers reached. Needs the extra `test`; nothing outside this
package imports it.
"""
