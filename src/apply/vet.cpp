#include "hitless/apply/vet.hpp"

#include "hitless/base/text.hpp"

#include "apply/vet_examination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

namespace hitless::apply {
namespace {

using confd::Rendering;
using haproxy::Config;
using haproxy::Section;

std::size_t count_servers(const Config& config) {
    std::size_t count = 0;
    for (const Section& section : config.sections())
        count += section.servers.size();
    return count;
}

/// Calls `take` with the place, the number and the text of each line, the sections' first lines
/// included.
template <class Take>
void for_each_line(const Config& config, Take take) {
    for (const Section& section : config.sections()) {
        const std::string title = title_of(section);
        if (const std::string_view header = header_of(config, section); !header.empty())
            take({title, std::string(header)}, section.number, header);
        for (const haproxy::Line& line : section.settings)
            take({title, std::string(line.text)}, line.number, line.text);
        for (const haproxy::ServerLine& line : section.servers)
            take({title, std::string(line.text)}, line.number, line.text);
    }
}

} // namespace

Result<Vetter::Vetted> Vetter::vet(confd::Renderer& renderer) {
    const gotemplate::Gate gate = make_gate(renderer, rules_);
    for (;;) {
        auto rendering = std::make_shared<Rendering>(renderer.render({&gate, !rules_.strict}));
        if (rendering->output.failure)
            return Error{explain(*rendering->output.failure, renderer, rules_)};
        std::optional<ToHide> to_hide;
        auto vetted = look_at(renderer, rendering, to_hide);
        if (!to_hide)
            return vetted;
        // The template may do without the key.
        if (rules_.strict || !renderer.hide(to_hide->key, to_hide->trouble))
            return Error{explain(to_hide->trouble, renderer, rules_)};
    }
}

Result<Vetter::Vetted> Vetter::look_at(const confd::Renderer& renderer,
                                       const std::shared_ptr<Rendering>& rendering,
                                       std::optional<ToHide>& to_hide) {
    constexpr int most_rounds = 10;
    std::vector<SpoiltPtr> all = reports_.of_rendering(renderer, *rendering, rules_);
    std::set<Place> still_refused;
    std::string text = std::move(rendering->output.text);
    std::optional<Config> raw;
    plan::Difference difference;
    bool others = false;
    for (int round = 0;; ++round) {
        auto parsed = Config::parse(std::move(text), raw_);
        if (!parsed)
            return parsed.error();
        raw = std::move(*parsed);
        difference = plan::compare(raw_, *raw);
        const bool is_same = difference.lines.empty() && !raw_.sections().empty();
        if (is_same && !others_ && !others && refused_.empty())
            break;
        Examination examination(*this, renderer, *rendering, *raw);
        if (auto looked_at = examination.other_lines(); !looked_at)
            return looked_at.error();
        to_hide = examination.to_hide;
        if (to_hide)
            return Error{to_hide->trouble.message};
        still_refused.merge(examination.refused_lines);
        if (examination.cuts.empty())
            break;
        if (round == most_rounds)
            return Error{examination.spoilt.front()->message};
        others = true;
        std::ranges::copy(examination.spoilt, std::back_inserter(all));
        text = cut(raw->text(), rendering->output, std::move(examination.cuts));
    }

    // Another `default-server` can make any line a bad one.
    const auto changes = difference.lines.empty() && !raw_.sections().empty()
                             ? difference.servers
                             : plan::all_servers(*raw);
    Examination examination(*this, renderer, *rendering, *raw);
    if (auto looked_at = look_at_servers(*raw, changes, examination); !looked_at)
        return looked_at.error();
    const auto bad = examination.cuts.size();
    if (bad > 1 && bad == count_servers(*raw))
        return fail(
            "not one of its {} server lines is usable, so look at the template; the first: {}", bad,
            examination.spoilt.front()->message);
    std::ranges::copy(examination.spoilt, std::back_inserter(all));
    if (rules_.strict && !all.empty())
        return Error{all.front()->message};
    still_refused.merge(examination.refused_lines);
    std::erase_if(refused_,
                  [&](const auto& entry) { return !still_refused.contains(entry.first); });

    Vetted vetted{*raw, std::nullopt, {}, rendering};
    if (examination.cuts.empty() && servers_.empty())
        vetted.difference = std::move(difference);
    if (!examination.cuts.empty()) {
        auto clean =
            Config::parse(cut(raw->text(), rendering->output, std::move(examination.cuts)), clean_);
        if (!clean)
            return clean.error();
        vetted.config = std::move(*clean);
    }
    raw_ = std::move(*raw);
    clean_ = vetted.config;
    servers_ = std::move(examination.spoilt_servers);
    others_ = others;
    vetted.news = reports_.update(std::move(all));
    last_ = rendering;
    return vetted;
}

/// Looks at the servers that have changed, and at those that were spoilt or that HAProxy's check
/// has refused.
Result<void> Vetter::look_at_servers(const Config& raw,
                                     const std::vector<plan::ServerChange>& changes,
                                     Examination& examination) const {
    std::map<std::string_view, Suspects> suspects; // by backend
    for (const plan::ServerChange& change : changes) {
        suspects[change.backend].all.insert(change.server);
        suspects[change.backend].changed.insert(change.server);
    }
    for (const auto& [backend, lines] : servers_) {
        Names& names = suspects[backend].all;
        for (const auto& [line, spoilt] : lines)
            names.insert(spoilt->server);
    }
    for (const Section& section : raw.sections()) {
        if (!section.has_servers())
            continue;
        for (const haproxy::ServerLine& line : section.servers) {
            if (refused_.empty())
                break;
            if (refused_.contains(Place{title_of(section), std::string(line.text)}))
                suspects[section.name].all.insert(line.name);
        }
        const auto found = suspects.find(section.name);
        if (found == suspects.end())
            continue;
        if (auto looked_at = examination.servers(section, found->second); !looked_at)
            return looked_at.error();
    }
    return {};
}

bool Vetter::refuse(const Config& config, const std::map<int, std::string>& lines) {
    if (last_ == nullptr)
        return false;
    std::map<Place, std::string> found;
    for_each_line(config, [&](Place place, int number, std::string_view) {
        if (const auto line = lines.find(number); line != lines.end())
            found.emplace(std::move(place), line->second);
    });
    bool is_new = false;
    for_each_line(clean_, [&](const Place& place, int, std::string_view text) {
        const auto refusal = found.find(place);
        if (refusal == found.end() || refused_.contains(place))
            return;
        const auto begin = static_cast<std::size_t>(text.data() - clean_.text().data());
        if (brought_to(last_->output, {begin, begin + text.size()}).pieces.empty())
            return;
        refused_.emplace(place, refusal->second);
        is_new = true;
    });
    return is_new;
}

} // namespace hitless::apply
