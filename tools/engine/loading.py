"""Weights into memory, in training and answering processes only. Never code from a model's folder: safetensors only."""

from pathlib import Path
from typing import Any

from tools.engine import paths, prepare
from tools.engine.eyes import sees
from tools.engine.render import Renderer
from tools.engine.rows import DataError
from tools.engine.seeing import Seeing


def folder_of(base: str, say: prepare.Say = lambda part, text: None) -> Path:
    """The local folder of a base model: prepared, or fetched when it is a hub name and the hub may be asked.

    Raises:
        DataError: it is not there.
        UnavailableError: the default model cannot be prepared.
    """
    folder = Path(base)
    if folder == paths.models() / paths.DEFAULT_MODEL:
        return prepare.ensure_default(say)
    if folder.is_absolute():
        if not any(folder.glob("*.safetensors")):
            raise DataError(f"{folder} holds no safetensors weights.", code="no_weights", param="model")
        return folder
    from huggingface_hub import snapshot_download

    say(0.0, f"Fetching {base} from the hub")
    try:
        wanted = ["*.safetensors", "*.json", "*.jinja", "tokenizer.model"]
        return Path(snapshot_download(base, allow_patterns=wanted, cache_dir=paths.models() / ".hub" / "hub"))
    except Exception as e:
        message = f"{base} is not on this computer and could not be fetched from the hub ({type(e).__name__})."
        raise DataError(
            message + " Check the name and the network, or name a local folder.", "no_model", "model"
        ) from e


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer, with a pad token."""
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def processor_of(folder: Path) -> Any:
    """What turns a conversation with images into a vision-language model's inputs; its tokenizer has a pad token.

    Raises:
        DataError: the installed libraries cannot read this model's images.
    """
    from transformers import AutoConfig, AutoProcessor
    from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
    from transformers.utils import is_torchvision_available

    options = {"local_files_only": True, "trust_remote_code": False}
    try:
        known: Any = PROCESSOR_MAPPING[type(AutoConfig.from_pretrained(folder, **options))]
        if "video_processor" in known.get_attributes() and not is_torchvision_available():
            known = _without_video(known)
            processor = known.from_pretrained(folder, **options)
        else:
            processor = AutoProcessor.from_pretrained(folder, **options)
    except (ImportError, KeyError, OSError, TypeError, ValueError) as e:
        text = f"{folder.name} reads images, but its processor cannot be loaded here ({type(e).__name__}: {_first(e)})."
        raise DataError(text + " Choose another vision base.", code="no_processor", param="model") from e
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    return processor


def _without_video(known: Any) -> Any:
    """The same processor for images only: its part for films needs torchvision, whose builds need torch's GPU build."""

    def made(self: Any, *parts: Any, **more: Any) -> None:
        known.__init__(self, *parts, **{"video_processor": None, **more})

    def attributes(_: Any) -> list[str]:
        return [name for name in known.get_attributes() if name != "video_processor"]

    return type(known.__name__, (known,), {"__init__": made, "get_attributes": classmethod(attributes)})


def _first(e: BaseException) -> str:
    return next((line.strip() for line in str(e).splitlines() if line.strip()), "no reason given")[:160]


def reader_of(folder: Path, name: str) -> tuple[Any, Renderer]:
    """(tokenizer, or the processor of a base that reads images; what renders with it).

    Raises:
        DataError: it has no chat template, or its images cannot be read here.
    """
    if not sees(folder):
        tokenizer = tokenizer_of(folder)
        return tokenizer, Renderer(tokenizer, name)
    processor = processor_of(folder)
    return processor, Seeing(processor, name)


def device() -> str:
    """Where to compute: a GPU when there is one."""
    import torch

    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def training_dtype(where: str, full: bool) -> tuple[Any, str]:
    """The type the base is loaded in for training, and why."""
    import torch

    if full:
        return torch.float32, "all weights learn, and steps this small vanish in 16 bits"
    if where == "cuda":
        if torch.cuda.is_bf16_supported():
            return torch.bfloat16, "half the memory, and this GPU computes in it"
        return torch.float32, "this GPU does not compute in bfloat16, and float16 overflows without scaling"
    if where == "mps":
        return torch.float32, "bfloat16 is not complete on Apple GPUs"
    if torch.ops.mkldnn._is_mkldnn_bf16_supported():
        return (
            torch.bfloat16,
            "half the memory, and this processor computes in it (2.1 to 2.5 times float32's rate, measured)",
        )
    return torch.float32, "this processor has no bfloat16 instructions"


def answering_dtype(folder: Path) -> Any:
    """float32 when it fits: bfloat16 answers depend on which other rows share the batch.

    Measured on SmolLM2-135M, 64 rows, 16 tokens each, against one row at a time: bfloat16 gave 10 to 16 other answers
    in batches of 4 to 32, float32 none.
    """
    import psutil
    import torch

    weights = sum(path.stat().st_size for path in folder.glob("*.safetensors"))  # stored in 16 bits, as a rule
    return torch.float32 if 2 * weights < psutil.virtual_memory().available / 2 else torch.bfloat16


def model_of(folder: Path, dtype: Any) -> Any:
    """The language model, with its eyes where it has them, on the CPU."""
    from transformers import AutoModelForCausalLM, AutoModelForImageTextToText

    kind = AutoModelForImageTextToText if sees(folder) else AutoModelForCausalLM
    return kind.from_pretrained(
        folder, dtype=dtype, local_files_only=True, trust_remote_code=False, use_safetensors=True
    )
