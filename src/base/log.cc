// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

namespace vedette {

Logger::Logger(std::shared_ptr<LogSink> sink, const Clock& clock, LogLevel minimum)
    : Logger(std::move(sink), clock, std::make_shared<const LogControl>(minimum)) {}

Logger::Logger(std::shared_ptr<LogSink> sink,
               const Clock& clock,
               std::shared_ptr<const LogControl> control)
    : sink_(std::move(sink)), clock_(&clock), control_(std::move(control)) {}

Logger Logger::With(std::vector<LogField> fields) const {
  Logger copy = *this;
  for (LogField& field : fields) copy.context_.push_back(std::move(field));
  return copy;
}

void Logger::Log(LogLevel level,
                 std::string_view message,
                 std::initializer_list<LogField> fields) const {
  if (!Enabled(level)) return;
  sink_->Write({clock_->Now(), level, message, context_, fields});
}

void Logger::Debug(std::string_view message, std::initializer_list<LogField> fields) const {
  Log(LogLevel::kDebug, message, fields);
}
void Logger::Info(std::string_view message, std::initializer_list<LogField> fields) const {
  Log(LogLevel::kInfo, message, fields);
}
void Logger::Warning(std::string_view message, std::initializer_list<LogField> fields) const {
  Log(LogLevel::kWarning, message, fields);
}
void Logger::Error(std::string_view message, std::initializer_list<LogField> fields) const {
  Log(LogLevel::kError, message, fields);
}

}  // namespace vedette
