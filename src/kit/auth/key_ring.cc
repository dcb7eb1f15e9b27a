// SPDX-License-Identifier: Apache-2.0
#include <openssl/rand.h>

#include <charconv>
#include <optional>
#include <stdexcept>

#include "base/sha256.h"
#include "kit/auth/sealed_box.h"
#include "kit/config/private_file.h"

namespace vedette {
namespace {

constexpr std::size_t kKeySize = 32;
constexpr std::string_view kLookup = "lookup";

Sensitive<std::string> RandomKey() {
  std::string key(kKeySize, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(key.data()), static_cast<int>(key.size())) != 1) {
    throw std::runtime_error("the random generator of the operating system failed");
  }
  return Sensitive<std::string>(std::move(key));
}

std::optional<Sensitive<std::string>> DecodeKey(std::string_view text) {
  auto key = text.size() == 2 * kKeySize ? HexDecode(text) : Base64Decode(text);
  if (!key || key->size() != kKeySize) return std::nullopt;
  return Sensitive<std::string>(*std::move(key));
}

std::optional<std::uint32_t> DecodeId(std::string_view text) {
  std::uint32_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size() || id == 0) return std::nullopt;
  return id;
}

std::unexpected<Error> BadLine(int number, std::string_view what) {
  return Fail(Code::kInvalidArgument,
              "line " + std::to_string(number) + " of the sealing keys " + std::string(what));
}

}  // namespace

KeyRing KeyRing::Generate() {
  KeyRing ring;
  ring.keys_[1] = RandomKey();
  ring.lookup_key_ = RandomKey();
  return ring;
}

Result<KeyRing> KeyRing::Parse(const Sensitive<std::string>& text) {
  KeyRing ring;
  if (auto only = DecodeKey(config::Trim(text.Reveal()))) ring.keys_[1] = *std::move(only);
  std::string_view rest = ring.keys_.empty() ? std::string_view(text.Reveal()) : "";
  for (int number = 1; !rest.empty(); ++number) {
    const std::size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    line = config::Trim(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::size_t space = line.find_first_of(" \t");
    if (space == std::string_view::npos) return BadLine(number, "is not `<id> <key>`");
    const std::string_view name = line.substr(0, space);
    auto key = DecodeKey(config::Trim(line.substr(space)));
    if (!key) return BadLine(number, "has a key that is not 32 bytes in hexadecimal or base64");
    if (name == kLookup) {
      if (!ring.lookup_key_.Reveal().empty()) return BadLine(number, "repeats `lookup`");
      ring.lookup_key_ = *std::move(key);
      continue;
    }
    const auto id = DecodeId(name);
    if (!id) return BadLine(number, "has an id that is not a number from 1 to 4294967295");
    if (!ring.keys_.emplace(*id, *std::move(key)).second) return BadLine(number, "repeats an id");
  }
  if (ring.keys_.empty()) return Fail(Code::kInvalidArgument, "there is no sealing key");
  if (ring.lookup_key_.Reveal().empty()) {
    const Sha256Digest derived =
        HmacSha256(ring.keys_.begin()->second.Reveal(), "vedette lookup key v1");
    ring.lookup_key_ = Sensitive<std::string>(std::string(AsBytes(derived)));
  }
  return ring;
}

Result<KeyRing> KeyRing::LoadFile(const std::string& path) {
  VEDETTE_TRY(std::string text, config::ReadPrivateFile(path));
  auto ring = Parse(Sensitive<std::string>(std::move(text)));
  if (!ring) return Fail(ring.error().code, path + ": " + ring.error().message);
  return ring;
}

Result<KeyRing> KeyRing::LoadOrCreateFile(const std::string& path) {
  auto loaded = LoadFile(path);
  if (loaded || loaded.error().code != Code::kNotFound) return loaded;
  KeyRing fresh = Generate();
  const Status written = config::WritePrivateFile(path, fresh.ToText().Reveal());
  if (written) return fresh;
  // Another process was quicker: its keys are the keys.
  if (written.error().code == Code::kAlreadyExists) return LoadFile(path);
  return Fail(written.error());
}

Sensitive<std::string> KeyRing::ToText() const {
  std::string text =
      "# Keys of sealed personal data. Whoever loses this file loses that data; keep a copy "
      "apart.\n";
  for (const auto& [id, key] : keys_) {
    text += std::to_string(id) + " " + HexEncode(key.Reveal()) + "\n";
  }
  text += std::string(kLookup) + " " + HexEncode(lookup_key_.Reveal()) + "\n";
  return Sensitive<std::string>(std::move(text));
}

}  // namespace vedette
