#include "daemon/complaints.hpp"

#include <spdlog/spdlog.h>

namespace hitless::daemon {

void Complaints::raise(std::string_view topic, std::string_view text) {
    const auto said = said_.find(topic);
    if (said != said_.end() && said->second == text)
        return;
    said_.insert_or_assign(std::string(topic), std::string(text));
    spdlog::error("{}", text);
}

void Complaints::settle(std::string_view topic, std::string_view relief) {
    const auto said = said_.find(topic);
    if (said == said_.end())
        return;
    said_.erase(said);
    if (!relief.empty())
        spdlog::info("{}", relief);
}

} // namespace hitless::daemon
