"""The local engine: training and answering on this computer, behind the OpenAI fine-tuning wire.

Three kinds of process, so that none drags the others down:

- the server (`python -m tools.engine`): files, jobs, models, chat; it never imports torch
- one training process a job (`python -m tools.engine.train JOB_FOLDER`)
- one answering process (`python -m tools.engine.worker`), started when first needed, let go when idle
"""
