// SPDX-License-Identifier: Apache-2.0
#include "kit/config/docs.h"

#include <gtest/gtest.h>

namespace vedette::config {
namespace {

struct InnerConfig {
  Sensitive<std::string> password{"never shown"};
  std::vector<std::string> peers = {"a:1", "b:2"};
  void Describe(config::Section& section) {
    section.Field("password", password, {.text = "Password of the database."});
    section.Field("peers", peers, {.text = "Where the others are."});
  }
};

struct OuterConfig {
  bool on = true;
  std::int64_t limit = 5;
  double ratio = 0.5;
  std::string mode = "a";
  std::chrono::milliseconds wait = std::chrono::seconds(90);
  InnerConfig inner;
  void Describe(config::Section& section) {
    section.Field("on", on, {.text = "On | off."});
    section.Field("limit", limit, {.text = "Most.", .minimum = 1, .maximum = 1e6});
    section.Nested("inner", inner, "What is inside.");
    section.Field("ratio", ratio, {.text = "Share.", .minimum = 0});
    section.Field("mode", mode, {.text = "How.", .choices = {"a", "b"}});
    section.Field("wait", wait, {.text = "How long.", .maximum = 3'600'000});
  }
};

TEST(DocsTest, WritesATablePerSection) {
  OuterConfig outer;
  Docs docs;
  docs.Section("outer", outer, "What is outside.");
  EXPECT_EQ(docs.Markdown(), R"(## outer

What is outside.

| name | type | default | range | meaning |
|---|---|---|---|---|
| `on` | boolean | `true` |  | On \| off. |
| `limit` | integer | `5` | between 1 and 1000000 | Most. |
| `ratio` | number | `0.5` | at least 0 | Share. |
| `mode` | text | `a` | `a` or `b` | How. |
| `wait` | duration | `90s` | at most 1h | How long. |

## outer.inner

What is inside.

| name | type | default | range | meaning |
|---|---|---|---|---|
| `password_file` | path of a secret | none |  | Password of the database. |
| `peers` | list | `a:1, b:2` |  | Where the others are. |
)");
}

}  // namespace
}  // namespace vedette::config
