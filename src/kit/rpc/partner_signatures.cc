// SPDX-License-Identifier: Apache-2.0
#include "kit/rpc/partner_signatures.h"

#include <map>
#include <optional>
#include <utility>

#include "kit/auth/message_key.h"
#include "kit/config/section.h"
#include "kit/http/message_signature.h"
#include "kit/http/structured_fields.h"

namespace vedette::rpc {
namespace {

constexpr std::size_t kShortestNonce = 8;
constexpr std::size_t kLongestNonce = 128;

using Keys = std::map<std::string, MessageKey, std::less<>>;  // by key id

// A signature that a request carries, with what it claims.
struct Claim {
  const http::SfInnerList* covered = nullptr;
  const std::string* signature = nullptr;
  const MessageKey* key = nullptr;
  std::string_view key_id;
};

template <class T>
const T* Parameter(const http::SfInnerList& covered, std::string_view name) {
  const http::SfBare* value = http::FindParameter(covered.parameters, name);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

// The first signature that names one of these keys.
std::optional<Claim> FindClaim(const http::SfDictionary& inputs,
                               const http::SfDictionary& signatures,
                               const Keys& keys) {
  for (const http::SfMember& input : inputs) {
    const http::SfInnerList* covered = input.list();
    const http::SfMember* signature = http::FindMember(signatures, input.name);
    if (covered == nullptr || signature == nullptr || signature->bytes() == nullptr) continue;
    const auto* key_id = Parameter<std::string>(*covered, "keyid");
    if (key_id == nullptr) continue;
    const auto key = keys.find(*key_id);
    if (key == keys.end()) continue;
    return Claim{covered, &signature->bytes()->bytes, &key->second, key->first};
  }
  return std::nullopt;
}

// Whether what must be covered is.
bool CoversRequest(const http::SfInnerList& covered, const http::Request& request) {
  const bool target = http::Covers(covered, "@target-uri") ||
                      (http::Covers(covered, "@path") && http::Covers(covered, "@query"));
  return http::Covers(covered, "@method") && target &&
         (request.body.empty() || http::Covers(covered, "content-digest"));
}

// Every digest we know must fit, and one must be known.
bool DigestFits(const http::Request& request) {
  const auto field = http::FieldValue(request.headers, "content-digest");
  const auto digests = field ? http::ParseDictionary(*field) : std::nullopt;
  if (!digests) return false;
  bool known = false;
  for (const http::SfMember& digest : *digests) {
    const std::string expected = ContentDigest(digest.name, request.body);
    if (expected.empty()) continue;
    if (digest.bytes() == nullptr || digest.bytes()->bytes != expected) return false;
    known = true;
  }
  return known;
}

Status ReadKey(std::string_view entry, std::map<std::string, Keys, std::less<>>& callers) {
  const std::size_t equals = entry.find('=');
  const std::size_t colon = equals == std::string_view::npos ? equals : entry.find(':', equals);
  if (colon == std::string_view::npos || equals == 0 || colon == equals + 1 ||
      colon + 1 == entry.size()) {
    return FailField("partners.keys", "an entry is <user id>=<key id>:<pem file>");
  }
  VEDETTE_TRY(MessageKey key, MessageKey::LoadFile(std::string(entry.substr(colon + 1))));
  const std::string key_id(entry.substr(equals + 1, colon - equals - 1));
  Keys& keys = callers[std::string(entry.substr(0, equals))];
  if (!keys.emplace(key_id, std::move(key)).second) {
    return FailField("partners.keys", "the key id " + key_id + " is there twice");
  }
  return {};
}

}  // namespace

void PartnerOptions::Describe(config::Section& section) {
  section.Field("keys", keys,
                {.text = "Public keys of callers who must sign each request (RFC 9421): "
                         "\"<user id>=<key id>:<pem file>\"."});
  section.Field("tolerance", tolerance,
                {.text = "How far the time of a signature may be from ours.",
                 .minimum = 1000,
                 .maximum = 3.6e6});
  section.Field("base_uri", base_uri,
                {.text = "Scheme and host that partners put before the path in @target-uri; empty "
                         "when they sign @path and @query."});
}

struct PartnerSignatures::Impl {
  const PartnerOptions options;
  const Clock& clock;
  NonceStore& nonces;
  MetricsRegistry& metrics;
  std::map<std::string, Keys, std::less<>> callers;  // by user id

  void Count(std::string_view result) const {
    metrics
        .GetCounter("vedette_partner_signatures_total", "Requests of callers who must sign.",
                    {{"result", std::string(result)}})
        .Add();
  }

  std::unexpected<Error> Refuse(std::string_view result, std::string reason) const {
    Count(result);
    return Fail(Code::kUnauthenticated, std::move(reason));
  }

  // Everything but whether the nonce is new.
  Result<Claim> CheckClaim(const Keys& keys,
                           const http::SfDictionary& inputs,
                           const http::SfDictionary& signatures,
                           const http::Request& request) const {
    const std::optional<Claim> claim = FindClaim(inputs, signatures, keys);
    if (!claim) return Refuse("missing", "No signature of the request names a key of yours.");
    const http::SfInnerList& covered = *claim->covered;
    const auto* algorithm = http::FindParameter(covered.parameters, "alg");
    if (algorithm != nullptr && *algorithm != http::SfBare(std::string(claim->key->algorithm()))) {
      return Refuse("wrong", "The signature's alg is not the one of its key.");
    }
    VEDETTE_CHECK_OK(CheckTime(covered));
    const auto* nonce = Parameter<std::string>(covered, "nonce");
    if (nonce == nullptr || nonce->size() < kShortestNonce || nonce->size() > kLongestNonce) {
      return Refuse("wrong", "The signature must have a nonce of 8 to 128 characters.");
    }
    if (!CoversRequest(covered, request)) {
      return Refuse("wrong",
                    "The signature must cover @method, @target-uri or @path and @query, and "
                    "content-digest when there is a body.");
    }
    if (http::Covers(covered, "content-digest")) {
      // The digest is one of the bytes as sent, and those are not kept.
      if (const auto coding = request.headers.Get("Content-Encoding");
          coding && !http::EqualsNoCase(*coding, "identity")) {
        return Refuse("wrong", "A signed body is sent without Content-Encoding.");
      }
      if (!DigestFits(request)) {
        return Refuse("wrong", "Content-Digest must be the sha-256 or sha-512 of the body.");
      }
    }
    const std::string target = options.base_uri.empty() ? std::string() : TargetUri(request);
    const auto base = http::SignatureBase(covered, {.headers = request.headers,
                                                    .method = request.method,
                                                    .path = request.path,
                                                    .query = request.query,
                                                    .target_uri = target});
    if (!base) {
      return Refuse("wrong", "The signature covers what the request lacks or is not supported.");
    }
    if (!claim->key->Verify(*base, *claim->signature)) {
      return Refuse("wrong", "The signature does not fit the request and the key.");
    }
    return *claim;
  }

  Status CheckTime(const http::SfInnerList& covered) const {
    const auto* created = Parameter<std::int64_t>(covered, "created");
    if (created == nullptr) return Refuse("wrong", "The signature must say when it was created.");
    const std::int64_t now = ToUnixMicros(clock.Now()) / 1'000'000;
    const std::int64_t tolerance =
        std::chrono::duration_cast<std::chrono::seconds>(options.tolerance).count();
    if (*created < now - tolerance || *created > now + tolerance) {
      return Refuse("stale", "The signature was created too long ago, or ahead of our time.");
    }
    const http::SfBare* expires = http::FindParameter(covered.parameters, "expires");
    if (expires == nullptr) return {};
    const auto* end = std::get_if<std::int64_t>(expires);
    if (end == nullptr || *end < now) return Refuse("stale", "The signature has expired.");
    return {};
  }

  std::string TargetUri(const http::Request& request) const {
    std::string uri = options.base_uri + request.path;
    if (!request.query.empty()) uri.append("?").append(request.query);
    return uri;
  }
};

PartnerSignatures::PartnerSignatures(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PartnerSignatures::~PartnerSignatures() = default;

Result<std::unique_ptr<PartnerSignatures>> PartnerSignatures::Load(const PartnerOptions& options,
                                                                   const Clock& clock,
                                                                   NonceStore& nonces,
                                                                   MetricsRegistry& metrics) {
  std::unique_ptr<Impl> impl(new Impl{
      .options = options, .clock = clock, .nonces = nonces, .metrics = metrics, .callers = {}});
  for (const std::string& entry : options.keys) {
    VEDETTE_CHECK_OK(ReadKey(entry, impl->callers));
  }
  return std::unique_ptr<PartnerSignatures>(new PartnerSignatures(std::move(impl)));
}

bool PartnerSignatures::Concerns(const Principal& principal) const {
  return !impl_->callers.empty() && impl_->callers.contains(principal.subject);
}

Task<Status> PartnerSignatures::Check(std::shared_ptr<const Principal> principal,
                                      const http::Request& request,
                                      Deadline deadline) const {
  if (!Concerns(*principal)) co_return Status();
  const Keys& keys = impl_->callers.find(principal->subject)->second;
  const auto input_field = http::FieldValue(request.headers, "signature-input");
  const auto signature_field = http::FieldValue(request.headers, "signature");
  if (!input_field || !signature_field) {
    co_return impl_->Refuse("missing", "Your requests must be signed (RFC 9421).");
  }
  const auto inputs = http::ParseDictionary(*input_field);
  const auto signatures = http::ParseDictionary(*signature_field);
  if (!inputs || !signatures) {
    co_return impl_->Refuse("wrong", "Signature-Input or Signature is malformed.");
  }
  VEDETTE_CO_TRY(const Claim claim, impl_->CheckClaim(keys, *inputs, *signatures, request));
  std::string nonce = principal->subject;
  nonce.append(":").append(claim.key_id).append(":");
  nonce.append(*Parameter<std::string>(*claim.covered, "nonce"));
  // A signature is good from `tolerance` before to `tolerance` after our time, in whole seconds, so
  // to the end of the last one.
  const Result<bool> fresh = co_await impl_->nonces.Use(
      std::move(nonce), 2 * impl_->options.tolerance + std::chrono::seconds(1), deadline);
  if (!fresh) {
    impl_->Count("unavailable");
    co_return Fail(fresh.error());
  }
  if (!*fresh) co_return impl_->Refuse("replayed", "The signature's nonce was used before.");
  impl_->Count("valid");
  co_return Status();
}

}  // namespace vedette::rpc
