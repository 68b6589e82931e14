# Sourced: finds uv, or makes a small environment for it in .uv/ (python3, venv and pip are enough). Sets UV.
UV_VERSION=0.13.8
if [ ! -x .uv/bin/uv ] || ! .uv/bin/uv --version 2>/dev/null | grep -q "$UV_VERSION"; then
  "${PYTHON:-python3}" -m venv --clear .uv || {
    echo "Cannot make a Python environment. On Debian or Ubuntu: apt-get install python3-venv" >&2; exit 2; }
  .uv/bin/pip install -q --disable-pip-version-check "uv==$UV_VERSION"
fi
UV=$PWD/.uv/bin/uv
# Wheels that the machine offers to pip (a CPU build of torch, say) are offered to uv too: pip separates by spaces, uv by commas.
if [ -n "${PIP_FIND_LINKS:-}" ]; then export UV_FIND_LINKS=${UV_FIND_LINKS:-${PIP_FIND_LINKS// /,}}; fi
