"""Train 64-40-10 on handwritten digits with snnTorch, and write it as NIR.

python digits_snntorch.py digits_snntorch.nir

It needs snnTorch, of which neurosim has no part: pip install snntorch nir nirtorch
"""

import sys

import nir
import snntorch as snn
import torch
from snntorch.export_nir import export_to_nir

from neurosim.scenario import datasets

STEPS = 25


class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = torch.nn.Linear(64, 40)
        ones = torch.ones(40)
        self.lif1 = snn.Leaky(beta=0.9 * ones, threshold=ones, reset_mechanism="zero", reset_delay=False)
        self.fc2 = torch.nn.Linear(40, 10)

    def forward(self, x, state=None):
        spikes, state = self.lif1(self.fc1(x), state)
        return self.fc2(spikes), state

    def scores(self, x):
        """The largest output of each class over all steps, of an image that is held."""
        state, outputs = self.lif1.reset_mem(), []
        for _ in range(STEPS):
            out, state = self(x, state)
            outputs.append(out)
        return torch.stack(outputs).amax(0)


torch.manual_seed(0)
data = datasets.load("digits", test=360, validation=0, split_seed=0)
x, y = torch.tensor(data.inputs, dtype=torch.float32), torch.tensor(data.labels)
train, test = torch.tensor(data.train), torch.tensor(data.test)
net = Net()
optimiser = torch.optim.Adam(net.parameters(), lr=2e-3)
for _ in range(60):
    for batch in train[torch.randperm(len(train))].split(64):
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(net.scores(x[batch]), y[batch]).backward()
        optimiser.step()
with torch.no_grad():
    right = (net.scores(x[test]).argmax(1) == y[test]).float().mean()
print(f"accuracy {right:.4f}")
graph = export_to_nir(net, x[:1], ignore_dims=[0])
nir.write(sys.argv[1], graph)
