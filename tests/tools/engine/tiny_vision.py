"""Tiny vision-language models and rows of coloured squares, made here: nothing can be downloaded."""

import base64
import io
import json
import sys
from pathlib import Path
from typing import Any

COLOURS = ("red", "green", "blue", "white")
QUESTION = "What colour is the square?"
CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}{% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}{{ mark }}{% else %}{{ part['text'] }}{% endif %}{% endfor %}"
    "{{ '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
MAKE = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
import tiny_vision
from pathlib import Path
tiny_vision.make(Path(sys.argv[1]), sys.argv[2])
"""
SIDE = 16


def picture(colour: str, width: int = 20, height: int = 20) -> bytes:
    """A PNG of one colour."""
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


def data(raw: bytes) -> str:
    return f"data:image/png;base64,{base64.b64encode(raw).decode()}"


def row(url: str, answer: str, question: str = QUESTION) -> dict[str, Any]:
    image = {"type": "image_url", "image_url": {"url": url}}
    asked = {"role": "user", "content": [image, {"type": "text", "text": question}]}
    return {"messages": [asked, {"role": "assistant", "content": answer}]}


def rows(times: int, start: int = 0) -> list[dict[str, Any]]:
    """Squares of every colour; no two images are the same."""
    sizes = [(17 + i, 19 + i % 3) for i in range(start, start + times)]
    return [row(data(picture(colour, *size)), colour) for size in sizes for colour in COLOURS]


def make(folder: Path, kind: str) -> None:
    """Store a random model of a published kind: idefics3, llava or qwen2_vl (whose processor has a part for films)."""
    import torch
    from transformers import GenerationConfig

    from tools.engine.tiny import _tokenizer

    torch.manual_seed(0)
    torch.set_num_threads(1)
    tokenizer = _tokenizer([QUESTION, *COLOURS, "system user assistant"] * 3, 330)
    model, processor = {"idefics3": _idefics3, "llava": _llava, "qwen2_vl": _qwen2_vl}[kind](tokenizer)
    model.generation_config = GenerationConfig(eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def _text(tokenizer: Any, kind: str, **more: Any) -> dict[str, Any]:
    return {
        "model_type": kind,
        "vocab_size": len(tokenizer),
        "hidden_size": 64,
        "intermediate_size": 128,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 1024,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": tokenizer.pad_token_id,
        "initializer_range": 0.1,
        **more,
    }


def _template(mark: str) -> str:
    return CHATML.replace("{{ mark }}", mark)


EYES = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "image_size": SIDE,
    "patch_size": 8,
    "initializer_range": 0.1,
}


def _idefics3(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    edge = {"longest_edge": SIDE}
    images = Idefics3ImageProcessorPil(do_image_splitting=False, size=edge, max_image_size=edge)
    processor = Idefics3Processor(images, tokenizer, image_seq_len=1, chat_template=_template("<image>"))
    config = Idefics3Config(
        vision_config=EYES,
        text_config=_text(processor.tokenizer, "llama"),
        scale_factor=2,
        image_token_id=processor.image_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return Idefics3ForConditionalGeneration(config), processor


def _llava(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    tokenizer.add_special_tokens({"additional_special_tokens": ["<image>"]})
    side = {"height": SIDE, "width": SIDE}
    images = CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size=side)
    processor = LlavaProcessor(
        images,
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        chat_template=_template("<image>"),
    )
    config = LlavaConfig(
        vision_config={**EYES, "model_type": "clip_vision_model", "projection_dim": 32, "num_hidden_layers": 2},
        text_config=_text(tokenizer, "llama"),
        image_token_index=processor.image_token_id,
        image_seq_length=4,
    )
    return LlavaForConditionalGeneration(config), processor


def _qwen2_vl(tokenizer: Any) -> tuple[Any, Any]:
    from transformers import Qwen2VLConfig, Qwen2VLForConditionalGeneration, Qwen2VLProcessor
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil

    from tools.engine.loading import _without_video

    marks = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
    tokenizer.add_special_tokens({"additional_special_tokens": marks})
    start, end, image, video = tokenizer.convert_tokens_to_ids(marks)
    images = Qwen2VLImageProcessorPil(patch_size=8, merge_size=2, min_pixels=256, max_pixels=1024)
    template = _template("<|vision_start|><|image_pad|><|vision_end|>")
    processor = _without_video(Qwen2VLProcessor)(images, tokenizer, chat_template=template)
    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    config = Qwen2VLConfig(
        vision_config={"depth": 1, "embed_dim": 32, "hidden_size": 64, "num_heads": 2, "mlp_ratio": 2, "patch_size": 8},
        text_config=_text(tokenizer, "qwen2_vl_text", rope_parameters=rope),
        image_token_id=image,
        video_token_id=video,
        vision_start_token_id=start,
        vision_end_token_id=end,
    )
    return Qwen2VLForConditionalGeneration(config), processor


if __name__ == "__main__":
    make(Path(sys.argv[1]), sys.argv[2])
    sys.stdout.write(json.dumps({"made": sys.argv[2]}) + "\n")
