// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kit/telemetry/status.h"

// How the status page is written.
namespace vedette {

// Appends `text` so that it is text in an HTML element or a quoted attribute.
void AppendHtmlText(std::string& out, std::string_view text);

// The tones, light and dark, that pages for operators share: what stands in <style>.
std::string_view OpsPageStyle();

std::string RenderStatusHtml(std::string_view title, std::span<const StatusSection> sections);
std::string RenderStatusJson(std::span<const StatusSection> sections);

}  // namespace vedette
