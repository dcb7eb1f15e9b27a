# Shared by the scripts beside it; source it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
ROOT=$PWD
export VEDETTE_SHARED_DATA=${VEDETTE_SHARED_DATA:-$ROOT/../shared/data}

# Git reads a checkout that belongs to somebody else, as root's reading of a user's.
export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0=$ROOT

bold='' red='' plain=''
if [[ -t 2 ]]; then bold=$'\033[1m' red=$'\033[31m' plain=$'\033[0m'; fi
step() { printf '\n%s==> %s%s\n' "$bold" "$*" "$plain" >&2; }
fail() {
  printf '%serror:%s %s\n' "$red" "$plain" "$*" >&2
  exit 1
}

# Debian's packages for building and for the README's lines; then what only the tests need, and
# what the sanitizers do (whose suppressions name functions, so they need the symbolizer).
BUILD_PACKAGES=(
  ca-certificates clang-19 mold ccache cmake ninja-build pkg-config libstdc++-12-dev libboost1.81-dev
  libgrpc++-dev libprotobuf-dev libprotoc-dev protobuf-compiler protobuf-compiler-grpc libsimdjson-dev
  libfmt-dev libhiredis-dev libgoogle-perftools-dev libssl-dev libyaml-cpp-dev libyaml-dev libsqlite3-dev libpq-dev zlib1g-dev libargon2-dev libre2-dev
  libgtest-dev libgmock-dev libbenchmark-dev nodejs npm curl
)
TEST_PACKAGES=(git python3 clang-format-19 postgresql redis-server redis-sentinel etcd-server etcd-client google-perftools chromium fonts-noto-cjk)
SANITIZER_PACKAGES=(libclang-rt-19-dev llvm-19)

# Reads what apt-get says, tells each tenth, and keeps the rest in the file $1.
show_progress() {
  local line kind number percent rest told=
  while IFS= read -r line; do
    case $line in
      dlstatus:*) kind=downloaded ;;
      pmstatus:*) kind=installed ;;
      *) printf '%s\n' "$line" >>"$1" && continue ;;
    esac
    IFS=: read -r rest number percent rest <<<"$line"
    number=$((${percent%%.*} / 10 * 10))
    [[ $number == 0 || "$kind $number" == "$told" ]] && continue
    told="$kind $number"
    printf '    %s %s %%\n' "$kind" "$number" >&2
  done
}

# install_packages NAME…: installs those that are missing, and asks nobody when none is.
install_packages() {
  local missing=() name
  for name in "$@"; do
    # Node.js may come from elsewhere than Debian's package.
    if [[ $name == nodejs || $name == npm ]] && command -v "${name/nodejs/node}" >/dev/null; then continue; fi
    dpkg-query -W -f='${Status}' "$name" 2>/dev/null | grep -q 'install ok installed' || missing+=("$name")
  done
  ((${#missing[@]})) || return 0

  command -v apt-get >/dev/null || fail "this installs Debian 12's packages, and there is no apt-get; it needs: ${missing[*]}"
  local sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || fail "Debian packages are missing, and only root can install them. Run
    su -c 'apt-get update && apt-get install -y --no-install-recommends ${missing[*]}'
  and then this again."
    sudo=(sudo)
    # Without a terminal nobody can be asked for a password.
    [[ -t 0 ]] || sudo+=(-n)
  fi
  step "Installing ${#missing[@]} Debian packages and what they need (once; some minutes)"
  printf '%s\n' "${missing[*]}" | fold -s -w 92 | sed 's/^/    /' >&2
  mkdir -p build
  local log=build/packages.log
  local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=300)
  # A list that cannot be fetched need not be one of those that matter here.
  "${apt[@]}" update >"$log" 2>&1 </dev/null || true
  "${apt[@]}" -o APT::Status-Fd=1 install --no-install-recommends "${missing[@]}" 2>&1 </dev/null |
    show_progress "$log" || {
    grep -E '^(E|W|Err|sudo):' "$log" | tail -n 3 >&2 || true
    fail "apt-get could not install the packages; the whole log is $log"
  }
}

# install_web: the npm modules of the lock file, once.
install_web() {
  local stamp=web/node_modules/.vedette-lock
  if [[ -f $stamp ]] && cmp -s "$stamp" web/package-lock.json; then return 0; fi
  node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 18 || (a == 18 && b >= 19) ? 0 : 1)' ||
    fail "Node.js $(node --version) is too old for the page; 18.19 or newer is needed (Debian's is)."
  step "Installing the web modules"
  npm ci --prefix web --no-audit --no-fund --loglevel=error </dev/null ||
    fail "npm could not install the modules of web/package-lock.json"
  cp web/package-lock.json "$stamp"
}

# configure_build PRESET TARGET…
configure_build() {
  local preset=$1
  shift
  step "Building ($preset)"
  mkdir -p build
  cmake --preset "$preset" >"build/$preset.configure.log" 2>&1 || {
    tail -n 30 "build/$preset.configure.log" >&2
    fail "CMake could not configure; the whole log is build/$preset.configure.log"
  }
  local target=()
  (($#)) && target=(--target "$@")
  cmake --build --preset "$preset" "${target[@]}"
}

# build_web PRESET: web/dist, unless it is newer than the page and the OpenAPI document that the
# build of PRESET wrote.
build_web() {
  local openapi=$ROOT/build/$1/gen/openapi.json page=web/dist/index.html
  if [[ -f $page && ! $openapi -nt $page && -z $(find web -name node_modules -prune -o -path web/dist -prune \
    -o -newer "$page" -print -quit) ]]; then
    return 0
  fi
  step "Building the page"
  VEDETTE_OPENAPI=$openapi npm run --silent --prefix web build </dev/null
}
