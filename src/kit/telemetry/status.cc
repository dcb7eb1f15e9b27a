// SPDX-License-Identifier: Apache-2.0
#include "kit/telemetry/status.h"

#include <algorithm>
#include <stdexcept>

#include "kit/telemetry/status_text.h"

namespace vedette {

void StatusRegistry::Add(std::string id, std::string title, std::function<StatusContent()> read) {
  const std::scoped_lock lock(mutex_);
  if (std::ranges::find(sources_, id, &Source::id) != sources_.end()) {
    throw std::logic_error("two status sections with the id " + id);
  }
  sources_.push_back({std::move(id), std::move(title), std::move(read)});
}

std::vector<StatusSection> StatusRegistry::Read() const {
  std::vector<Source> sources;
  {
    const std::scoped_lock lock(mutex_);
    sources = sources_;
  }
  std::vector<StatusSection> sections;
  for (const Source& source : sources) {
    StatusSection& section = sections.emplace_back();
    section.id = source.id;
    section.title = source.title;
    try {
      section.content = source.read();
    } catch (...) {
      // One broken section must not take the page down.
      section.failed = true;
    }
    auto* const table = std::get_if<StatusTable>(&section.content);
    if (table == nullptr) continue;
    if (table->rows.size() > kMaxRows) {
      section.cut_rows = table->rows.size() - kMaxRows;
      table->rows.resize(kMaxRows, {});
    }
    for (auto& row : table->rows) row.resize(table->columns.size(), StatusCell(""));
  }
  return sections;
}

std::string StatusRegistry::Html(std::string_view title) const {
  return RenderStatusHtml(title, Read());
}

std::string StatusRegistry::Json() const { return RenderStatusJson(Read()); }

}  // namespace vedette
