# Shared by the scripts beside it; source it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
export VEDETTE_SHARED_DATA=${VEDETTE_SHARED_DATA:-$ROOT/../shared/data}

step() { printf '\n\033[1m==> %s\033[0m\n' "$*" >&2; }
fail() {
  printf '\033[31merror:\033[0m %s\n' "$*" >&2
  exit 1
}

# Debian's tools for building, for the databases of the tests, and for the browser tests.
BUILD_PACKAGES=(
  ca-certificates git clang-19 clang-format-19 libclang-rt-19-dev lld-19 mold ccache cmake ninja-build
  libstdc++-12-dev libboost1.81-dev libgrpc++-dev libprotobuf-dev libprotoc-dev protobuf-compiler
  protobuf-compiler-grpc libsimdjson-dev libfmt-dev libssl-dev libyaml-cpp-dev libsqlite3-dev
  libpq-dev zlib1g-dev libargon2-dev libre2-dev libgtest-dev libgmock-dev libbenchmark-dev nodejs npm
)
TEST_PACKAGES=(postgresql chromium fonts-noto-cjk python3 curl)

# install_packages NAME…: installs those that are missing, and asks nobody when none is.
install_packages() {
  local missing=() name
  for name in "$@"; do
    # Node.js may come from elsewhere than Debian's package.
    if [[ $name == nodejs || $name == npm ]] && command -v "${name/nodejs/node}" >/dev/null; then continue; fi
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  step "Installing ${#missing[@]} Debian packages"
  local sudo=()
  ((EUID == 0)) || sudo=(sudo)
  printf '    %s\n' "${missing[*]}" >&2
  "${sudo[@]}" apt-get update -qq
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
    "${missing[@]}" >/dev/null || fail "apt-get could not install: ${missing[*]}"
}

# install_web: the npm modules of the lock file, once.
install_web() {
  local stamp=web/node_modules/.vedette-lock
  if [[ -f $stamp ]] && cmp -s "$stamp" web/package-lock.json; then return 0; fi
  step "Installing the web modules"
  npm ci --prefix web --no-audit --no-fund --loglevel=error
  cp web/package-lock.json "$stamp"
}

# configure_build PRESET TARGET…
configure_build() {
  local preset=$1
  shift
  step "Building ($preset)"
  cmake --preset "$preset" >"build/$preset.configure.log" 2>&1 || {
    tail -n 30 "build/$preset.configure.log" >&2
    fail "CMake could not configure; the whole log is build/$preset.configure.log"
  }
  local target=()
  (($#)) && target=(--target "$@")
  cmake --build --preset "$preset" "${target[@]}"
}

# build_web PRESET: needs the OpenAPI document that the build of PRESET wrote.
build_web() {
  local preset=$1
  step "Building the page"
  VEDETTE_OPENAPI="$ROOT/build/$preset/gen/openapi.json" npm run --silent --prefix web build
}
