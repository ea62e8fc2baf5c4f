#include "daemon/complaints.hpp"

#include "base/event.hpp"

#include <utility>

namespace hitless::daemon {

Complaints::~Complaints() {
    if (status_ != nullptr)
        status_->forget(this);
}

void Complaints::raise(std::string_view topic, std::string_view text) {
    const auto said = said_.find(topic);
    if (said != said_.end() && said->second == text)
        return;
    said_.insert_or_assign(std::string(topic), std::string(text));
    if (status_ != nullptr)
        status_->raise(this, source_, topic, text);
    log(spdlog::level::err, base::Event("trouble").with("about", topic).says(std::string(text)));
}

void Complaints::settle(std::string_view topic, std::string_view relief) {
    const auto said = said_.find(topic);
    if (said == said_.end())
        return;
    said_.erase(said);
    if (status_ != nullptr)
        status_->settle(this, topic);
    if (!relief.empty())
        log(spdlog::level::info,
            base::Event("trouble_over").with("about", topic).says(std::string(relief)));
}

void Complaints::remember(std::string_view topic, Told& told) {
    const auto before = told.find(topic);
    if (before == told.end())
        return;
    if (status_ != nullptr)
        status_->raise(this, source_, topic, before->second);
    said_.insert_or_assign(before->first, std::move(before->second));
    told.erase(before);
}

void Complaints::say_again(std::string_view topic) {
    if (const auto said = said_.find(topic); said != said_.end())
        said->second.clear();
}

void Complaints::hand_over(std::string_view topic, Told& told) const {
    if (const auto said = said_.find(topic); said != said_.end())
        told.insert_or_assign(said->first, said->second);
}

} // namespace hitless::daemon
