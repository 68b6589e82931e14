"""A dry run in words: the same sentences on the command line and in the chat."""

from tools.engine.dry_run import DryRun


def size_lines(found: DryRun) -> list[str]:
    """How much is trained and what is left out."""
    lines = [
        f"{found.rows:,} rows, {found.trained_tokens_per_epoch:,} learnt tokens an epoch, {found.steps:,} steps; "
        f"{found.dtype} on {found.device} ({found.why_dtype})."
    ]
    if found.left_out:
        first = ", ".join(map(str, found.left_out_lines[:5])) + (" and others" if found.left_out > 5 else "")
        lines.append(
            f"{found.left_out:,} rows are longer than {found.max_length:,} tokens (the longest: {found.longest:,}) "
            f"and are left out, not cut: line {first}. Raise max_length to learn them."
        )
    else:
        lines.append(f"No row is cut or left out: the longest has {found.longest:,} of {found.max_length:,} tokens.")
    return lines


def memory_line(found: DryRun) -> str:
    """What it needs, against what is free and what earlier jobs took."""
    gb = 1e9
    if found.memory_bytes is None:
        need = "Memory needed: unknown, the model's files do not tell"
    else:
        short = "" if found.fits else " Not enough: lower batch_size or max_length."
        need = f"Memory needed: about {found.memory_bytes / gb:.1f} GB, {found.free_bytes / gb:.1f} GB are free.{short}"
    if found.measured_bytes is None:
        return f"{need.rstrip('.')}. No earlier job of this kind to compare with."
    return f"{need.rstrip('.')}. The most an earlier job of this kind took: {found.measured_bytes / gb:.1f} GB."
