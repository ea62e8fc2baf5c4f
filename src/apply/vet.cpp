#include "hitless/apply/vet.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

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

/// True when a comment or a section's first line is among what differs of two texts: a Config's
/// lines don't have them.
bool unlisted_lines_differ(std::string_view before, std::string_view after) {
    const std::size_t same = base::common_prefix(before, after);
    const std::size_t tail =
        std::min({base::common_suffix(before, after), before.size() - same, after.size() - same});
    std::size_t begin = same == 0 ? 0 : after.rfind('\n', same - 1) + 1; // npos + 1 is 0
    const std::size_t end = std::min(after.find('\n', after.size() - tail), after.size());
    while (begin < end) {
        const std::size_t line_end = std::min(after.find('\n', begin), end);
        const std::string_view line = base::trim(after.substr(begin, line_end - begin));
        if (line.starts_with('#') || haproxy::is_section_keyword(haproxy::first_word(line)))
            return true;
        begin = line_end + 1;
    }
    return false;
}

/// Calls `take` with the section's title, the number and the text of each line, the sections' first
/// lines included.
template <class Take>
void for_each_line(const Config& config, Take take) {
    for (const Section& section : config.sections()) {
        const std::string title = title_of(section);
        if (const std::string_view header = header_of(config, section); !header.empty())
            take(title, section.number, header);
        for (const haproxy::Line& line : section.settings)
            take(title, line.number, line.text);
        for (const haproxy::ServerLine& line : section.servers)
            take(title, line.number, line.text);
    }
}

} // namespace

Result<Vetter::Vetted> Vetter::vet(confd::Renderer& renderer) {
    const gotemplate::Gate gate = make_gate(renderer, rules_);
    std::vector<ToHide> hidden;
    const auto give_up = [&](Error error) {
        for (const ToHide& one : hidden)
            renderer.show(one.key);
        return hidden.empty() ? std::move(error)
                              : Error{explain(hidden.front().trouble, renderer, rules_)};
    };
    met_.clear();
    std::set<std::uint32_t> tried;
    for (bool is_first = true;;) {
        const gotemplate::Execution execution{&gate, !rules_.strict};
        auto rendering = std::make_shared<Rendering>(
            is_first ? renderer.render(execution) : renderer.render_without_hidden(execution));
        is_first = false;
        if (renderer.lacks_answers())
            return give_up(Error{"names are being looked up"});
        if (rendering->output.failure)
            return give_up(Error{explain(*rendering->output.failure, renderer, rules_)});
        std::vector<ToHide> to_hide;
        auto vetted = look_at(renderer, rendering, to_hide);
        if (to_hide.empty())
            return vetted ? std::move(vetted) : give_up(vetted.error());
        if (is_in_vain(to_hide, tried)) { // from the beginning, with that known
            for (const ToHide& one : std::exchange(hidden, {}))
                renderer.show(one.key);
            is_first = true;
            tried.clear();
            continue;
        }
        // The template may do without these keys.
        bool is_new = false;
        for (ToHide& one : to_hide) {
            if (!rules_.strict && renderer.hide(one.key, one.trouble)) {
                hidden.push_back(std::move(one));
                is_new = true;
            }
        }
        if (!is_new)
            return give_up(Error{explain(to_hide.front().trouble, renderer, rules_)});
    }
}

/// True when a line is refused again without the key that was hidden for it: hiding one after the
/// other would cost them all, and help nothing.
bool Vetter::is_in_vain(const std::vector<ToHide>& to_hide, std::set<std::uint32_t>& tried) {
    std::set<std::uint32_t> places;
    for (const ToHide& one : to_hide) {
        if (one.refused_at)
            places.insert(*one.refused_at);
    }
    bool is_new = false;
    for (const std::uint32_t place : places) {
        if (!tried.insert(place).second)
            is_new = in_vain_.insert(place).second || is_new;
    }
    return is_new;
}

Result<Vetter::Vetted> Vetter::look_at(const confd::Renderer& renderer,
                                       const std::shared_ptr<Rendering>& rendering,
                                       std::vector<ToHide>& to_hide) {
    Look look;
    look.spoilt = reports_.of_rendering(renderer, *rendering, rules_);
    if (auto done = look_at_lines(renderer, *rendering, look, to_hide); !done) {
        met_.merge(look.refused);
        return done.error();
    }
    const Config raw = *look.raw;
    // Another `default-server` can make any line a bad one.
    const auto changes = look.difference.lines.empty() && !raw_.sections().empty()
                             ? look.difference.servers
                             : plan::all_servers(raw);
    Examination examination(*this, renderer, *rendering, raw);
    if (auto looked_at = look_at_servers(raw, changes, examination); !looked_at)
        return looked_at.error();
    if (!examination.to_hide.empty()) {
        met_.merge(look.refused);
        met_.merge(examination.refused_lines);
        to_hide = std::move(examination.to_hide);
        return Error{to_hide.front().trouble.message};
    }
    const std::size_t bad = examination.cuts.size();
    if (bad > 1 && bad == count_servers(raw))
        return fail(
            "not one of its {} server lines is usable, so look at the template; the first: {}", bad,
            examination.spoilt.front()->message);
    std::ranges::copy(examination.spoilt, std::back_inserter(look.spoilt));
    if (rules_.strict && !look.spoilt.empty())
        return Error{look.spoilt.front()->message};
    look.refused.merge(examination.refused_lines);

    Vetted vetted{raw, std::nullopt, {}, rendering};
    // A line that is only written in another way is no difference to HAProxy.
    if (bad == 0 && servers_.empty() && look.difference.lines.empty())
        vetted.difference = std::move(look.difference);
    if (bad != 0) {
        auto clean =
            Config::parse(cut(raw.text(), rendering->output, std::move(examination.cuts)), clean_);
        if (!clean)
            return clean.error();
        vetted.config = std::move(*clean);
    }
    std::erase_if(refused_, [&](const auto& entry) {
        return !look.refused.contains(entry.first) && !met_.contains(entry.first);
    });
    raw_ = raw;
    clean_ = vetted.config;
    servers_ = std::move(examination.spoilt_servers);
    // Seen again, a hidden key may bring a line that the template alone has made meanwhile.
    others_ = look.others || !rendering->hidden.empty();
    vetted.news = reports_.update(std::move(look.spoilt));
    last_ = rendering;
    return vetted;
}

/// Looks at all lines but backends' `server` lines, and cuts out what spoils them, again and again,
/// since a line can be another one without what is cut.
Result<void> Vetter::look_at_lines(const confd::Renderer& renderer, Rendering& rendering,
                                   Look& look, std::vector<ToHide>& to_hide) const {
    constexpr int most_rounds = 100;
    std::string text = std::move(rendering.output.text);
    for (int round = 0; round < most_rounds; ++round) {
        auto parsed = Config::parse(text, raw_);
        look.raw = parsed ? std::move(*parsed) : Config();
        Examination examination(*this, renderer, rendering, *look.raw);
        if (parsed) {
            look.difference = plan::compare(raw_, *look.raw, plan::Sameness::text);
            const bool is_same = look.difference.lines.empty() && !raw_.sections().empty() &&
                                 !unlisted_lines_differ(raw_.text(), text);
            if (is_same && !others_ && !look.others && refused_.empty())
                return {};
        }
        auto looked_at = parsed ? examination.other_lines() : examination.before_sections(text);
        if (!looked_at)
            return looked_at;
        if (!examination.to_hide.empty()) {
            look.refused.merge(examination.refused_lines);
            to_hide = std::move(examination.to_hide);
            return Error{to_hide.front().trouble.message};
        }
        look.refused.merge(examination.refused_lines);
        if (examination.cuts.empty())
            return parsed ? Result<void>() : Result<void>(parsed.error());
        look.others = true;
        std::ranges::copy(examination.spoilt, std::back_inserter(look.spoilt));
        text = cut(text, rendering.output, std::move(examination.cuts));
    }
    return Error{look.spoilt.back()->message};
}

/// Looks at the servers that have changed, and at those that were spoilt or that HAProxy's check
/// has refused.
Result<void> Vetter::look_at_servers(const Config& raw, const std::vector<plan::ServerId>& changes,
                                     Examination& examination) const {
    std::map<std::string_view, Suspects> suspects; // by backend
    for (const plan::ServerId& change : changes) {
        suspects[change.backend].all.insert(change.server);
        suspects[change.backend].changed.insert(change.server);
    }
    for (const auto& [backend, lines] : servers_) {
        Names& names = suspects[backend].all;
        for (const auto& [line, server] : lines)
            names.insert(server.spoilt->server);
    }
    for (const Section& section : raw.sections()) {
        if (!section.has_servers())
            continue;
        const std::string title = title_of(section);
        const auto is_refused = [&](std::string_view text) {
            const auto from = refused_.lower_bound(Place{title, std::string(text), {}});
            return from != refused_.end() && from->first.section == title &&
                   from->first.text == text;
        };
        for (const haproxy::ServerLine& line : section.servers) {
            if (refused_.empty())
                break;
            if (is_refused(line.text))
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

namespace {

/// A line of ours that check_cmd has refused.
struct Refused {
    std::string section;
    std::string text;
    std::string why;
    Brought brought;
};

} // namespace

bool Vetter::refuse(const Config& config, const std::map<int, std::string>& lines,
                    bool is_template_new) {
    if (last_ == nullptr || lines.empty())
        return false;
    // The lines of `config` are those of ours and others: the nth of one text in a section is ours.
    std::map<std::pair<std::string, std::string>, std::vector<std::optional<std::string>>> found;
    for_each_line(config, [&](const std::string& title, int number, std::string_view text) {
        const auto line = lines.find(number);
        found[{title, std::string(text)}].push_back(
            line == lines.end() ? std::nullopt : std::optional(line->second));
    });
    std::map<std::pair<std::string, std::string>, std::size_t> seen;
    std::vector<Refused> refused;
    std::map<std::uint32_t, int> accepted; // lines, by the place of the template that makes them
    std::map<std::uint32_t, int> rejected;
    for_each_line(clean_, [&](const std::string& title, int, std::string_view text) {
        const std::pair key{title, std::string(text)};
        const std::size_t nth = seen[key]++;
        const auto same = found.find(key);
        const bool is_refused =
            same != found.end() && nth < same->second.size() && same->second[nth];
        const auto begin = static_cast<std::size_t>(text.data() - clean_.text().data());
        Brought brought =
            brought_to_line(last_->output, clean_.text(), {begin, begin + text.size()});
        if (brought.pieces.empty())
            return;
        ++(is_refused ? rejected : accepted)[brought.pieces.front()->action];
        if (is_refused)
            refused.push_back({title, std::string(text), *same->second[nth], std::move(brought)});
    });
    bool is_new = false;
    for (Refused& one : refused) {
        const gotemplate::PrintedPiece& first = *one.brought.pieces.front();
        const bool are_all_refused = rejected[first.action] > 1 && !accepted.contains(first.action);
        if (is_template_new && are_all_refused) // the template is wrong
            continue;
        const auto* const source = last_->sources->find(first.source);
        Place place{std::move(one.section), std::move(one.text),
                    source == nullptr ? std::string() : name_of(*source, rules_)};
        const bool is_blamed = std::ranges::none_of(one.brought.pieces, [&](const auto* piece) {
            return in_vain_.contains(piece->action);
        });
        const bool is_first = refused_.emplace(std::move(place), std::move(one.why)).second;
        is_new = (is_first && is_blamed) || is_new;
    }
    return is_new;
}

} // namespace hitless::apply
