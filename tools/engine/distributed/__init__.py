"""The one training (tools/engine/train.py) in several processes, on one machine or many: by Ray, or by torchrun."""
