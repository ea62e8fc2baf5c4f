#include "hitless/plan/guard.hpp"

#include "hitless/base/text.hpp"

#include <algorithm>
#include <set>

namespace hitless::plan {
namespace {

using haproxy::Config;
using haproxy::Section;

/// A backend that has `now` servers, and had `before` of them a while ago.
std::string judge(std::string_view backend, std::size_t before, std::size_t now, std::size_t after,
                  const GuardLimits& limits) {
    const auto text = [&](const auto& limit) {
        return fmt::format(
            "backend {} would have {} of its {} {} left{}: {}", backend, after, now,
            now == 1 ? "server" : "servers",
            before > now ? fmt::format(" (it had {} within the delay of the guard)", before) : "",
            limit);
    };
    if (after < limits.min_servers)
        return text(fmt::format("fewer than {} (-min-servers of hitlessd)", limits.min_servers));
    constexpr std::size_t all = 100;
    const auto percent = static_cast<std::size_t>(limits.max_removal_percent);
    if (percent > 0 && (before - after) * all > before * percent)
        return text(fmt::format("more than {} % would go (-max-removal of hitlessd)", percent));
    return {};
}

/// The text of each section of a configuration, its first line included.
class SectionTexts {
  public:
    explicit SectionTexts(const Config& config) : config_(config) {
        const std::string_view text = config.text();
        std::size_t position = 0;
        int line = 1;
        for (const Section& section : config.sections()) {
            for (; line < section.number; ++line)
                position = std::min(text.find('\n', position), text.size() - 1) + 1;
            begins_.push_back(position);
        }
        begins_.push_back(text.size());
    }

    [[nodiscard]] std::string_view of(const Section& section) const {
        const auto at = static_cast<std::size_t>(&section - config_.sections().data());
        return std::string_view(config_.text()).substr(begins_[at], begins_[at + 1] - begins_[at]);
    }

  private:
    const Config& config_;
    std::vector<std::size_t> begins_; ///< of each section, and the end of the last one
};

} // namespace

std::vector<HeldBackend> guard(const Config& before, const Config& after, const GuardLimits& limits,
                               const Peaks& peaks) {
    std::vector<HeldBackend> held;
    for (const Section& section : before.sections()) {
        if (!section.has_servers())
            continue;
        const Section* const now = after.find_backend(section.name);
        const std::size_t left = now == nullptr ? 0 : now->servers.size();
        if (left >= section.servers.size())
            continue;
        const auto peak = peaks.find(section.name);
        const std::size_t had =
            std::max(section.servers.size(), peak == peaks.end() ? 0 : peak->second);
        if (std::string reason = judge(section.name, had, section.servers.size(), left, limits);
            !reason.empty())
            held.push_back({std::string(section.name), std::move(reason)});
    }
    return held;
}

Config with_backends_of(const Config& before, const Config& after,
                        const std::vector<HeldBackend>& held) {
    std::set<std::string_view> open;
    for (const HeldBackend& hold : held)
        open.insert(hold.backend);
    const SectionTexts old_texts(before);
    const SectionTexts new_texts(after);
    std::string text;
    const auto append = [&](std::string_view part) {
        if (!text.empty() && !text.ends_with('\n'))
            text += '\n';
        text += part;
    };
    for (const Section& section : after.sections()) {
        const bool is_held = section.has_servers() && open.erase(section.name) > 0;
        const Section* const old = is_held ? before.find_backend(section.name) : nullptr;
        append(old != nullptr ? old_texts.of(*old) : new_texts.of(section));
    }
    for (const std::string_view backend : open) {
        if (const Section* const old = before.find_backend(backend); old != nullptr)
            append(old_texts.of(*old));
    }
    auto config = Config::parse(std::move(text));
    return config ? *config : before;
}

} // namespace hitless::plan
