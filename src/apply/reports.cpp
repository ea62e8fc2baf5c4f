#include "hitless/apply/reports.hpp"

#include "hitless/base/text.hpp"

#include "base/event.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace hitless::apply {
namespace {

using confd::Rendering;
using gotemplate::Trouble;

std::string source_of(const Trouble& trouble, const confd::Renderer& renderer, const Rules& rules) {
    const confd::Source* const source = renderer.sources().find(trouble.blame.first());
    return source == nullptr ? "the template" : name_of(*source, rules);
}

Spoilt tell(const Trouble& trouble, const confd::Renderer& renderer, const Rules& rules) {
    const confd::Source* const source = renderer.sources().find(trouble.blame.first());
    const std::string place = fmt::format("{}, line {}", renderer.name(), trouble.line);
    return {source_of(trouble, renderer, rules),
            fmt::format("what {} makes", place),
            fmt::format("{} spoils what {} makes: {}; that is left out until the key is mended or "
                        "deleted",
                        source != nullptr ? describe(*source, renderer, rules) : "the template",
                        place, with_prefixed_key(rules, trouble.what)),
            {},
            {},
            {}};
}

Spoilt tell(const confd::HiddenKey& hidden, const confd::Renderer& renderer, const Rules& rules) {
    const confd::Source source{confd::Source::Kind::key, hidden.key};
    return {fmt::format("key {}", base::printable(with_prefix(rules, hidden.key))),
            fmt::format("what {}, line {} makes", renderer.name(), hidden.trouble.line),
            fmt::format("{} can't be used ({}, line {}: {}); it is treated as if it were not there "
                        "until it is mended or deleted",
                        describe(source, renderer, rules), renderer.name(), hidden.trouble.line,
                        with_prefixed_key(rules, hidden.trouble.what)),
            {},
            {},
            {},
            true};
}

/// The piece begins a line with '#', and is of a value or of a key's name.
bool begins_comment(std::string_view text, const gotemplate::PrintedPiece& piece) {
    return gotemplate::is_untrusted(piece.source) && piece.begin < piece.end &&
           text[piece.begin] == '#' && (piece.begin == 0 || text[piece.begin - 1] == '\n');
}

Spoilt tell_comment(const gotemplate::PrintedPiece& piece, const confd::Renderer& renderer,
                    const Rules& rules, std::string_view line) {
    const confd::Source* const source = renderer.sources().find(piece.source);
    const std::string made = fmt::format("the line '{}' ({}, line {})", base::printable(line, 100),
                                         renderer.name(), renderer.line_of(piece.action));
    return {source == nullptr ? "the template" : name_of(*source, rules),
            made,
            fmt::format("{} begins {} with '#': HAProxy takes that for a comment, and has no such "
                        "entry; mend or delete the key",
                        source == nullptr ? "the template" : describe(*source, renderer, rules),
                        made),
            {},
            {},
            {}};
}

} // namespace

std::string key_of(const Spoilt& spoilt) {
    constexpr std::string_view word = "key ";
    return spoilt.source.starts_with(word) ? spoilt.source.substr(word.size()) : spoilt.source;
}

std::string explain(const Trouble& trouble, const confd::Renderer& renderer, const Rules& rules) {
    const confd::Source* const source = renderer.sources().find(trouble.blame.first());
    std::string message = with_prefixed_key(rules, trouble.message);
    if (source == nullptr)
        return message;
    return fmt::format("{} is the cause: {}", describe(*source, renderer, rules), message);
}

std::vector<SpoiltPtr> Reports::of_rendering(const confd::Renderer& renderer,
                                             const Rendering& rendering, const Rules& rules) {
    const auto& left_out = rendering.output.left_out;
    const auto is_same = [](const gotemplate::LeftOut& one, const Known& known) {
        return one.trouble == known.trouble;
    };
    if (!std::ranges::equal(left_out, troubles_, is_same)) {
        std::unordered_map<const Trouble*, SpoiltPtr> before;
        for (const Known& known : troubles_)
            before.emplace(known.trouble.get(), known.spoilt);
        std::vector<Known> now;
        for (const gotemplate::LeftOut& one : left_out) {
            SpoiltPtr& spoilt = before[one.trouble.get()];
            if (spoilt == nullptr)
                spoilt = std::make_shared<const Spoilt>(tell(*one.trouble, renderer, rules));
            now.push_back({one.trouble, spoilt});
        }
        troubles_ = std::move(now);
    }
    std::vector<SpoiltPtr> all;
    all.reserve(troubles_.size());
    for (const Known& known : troubles_)
        all.push_back(known.spoilt);
    for (const confd::HiddenKey& hidden : rendering.hidden)
        all.push_back(std::make_shared<const Spoilt>(tell(hidden, renderer, rules)));
    return all;
}

std::vector<SpoiltPtr> Reports::of_entries(const confd::Renderer& renderer,
                                           const Rendering& rendering, const Rules& rules) {
    auto all = of_rendering(renderer, rendering, rules);
    const std::string_view text = rendering.output.text;
    for (const gotemplate::PrintedPiece& piece : rendering.output.pieces) {
        if (begins_comment(text, piece))
            all.push_back(std::make_shared<const Spoilt>(tell_comment(
                piece, renderer, rules,
                text.substr(piece.begin, text.find('\n', piece.begin) - piece.begin))));
    }
    return all;
}

Reports::News Reports::update(std::vector<SpoiltPtr> now) {
    News news;
    if (now == spoilt_)
        return news;
    const auto identity = [](const SpoiltPtr& one) { return one->source + '\n' + one->what; };
    std::unordered_set<std::string> said;
    for (const SpoiltPtr& one : spoilt_)
        said.insert(one->message);
    std::unordered_set<std::string> still;
    for (const SpoiltPtr& one : now) {
        still.insert(identity(one));
        if (said.insert(one->message).second)
            news.spoilt.push_back(*one);
    }
    for (const SpoiltPtr& one : spoilt_) {
        if (still.insert(identity(one)).second)
            news.mended.push_back(*one);
    }
    spoilt_ = std::move(now);
    return news;
}

void log(const Reports::News& news) {
    for (const Spoilt& one : news.spoilt)
        log(spdlog::level::err, base::Event("left_out")
                                    .with("source", one.source)
                                    .with("what", one.what)
                                    .says(one.message));
    for (const Spoilt& one : news.mended)
        log(spdlog::level::info,
            base::Event("taken_again")
                .with("source", one.source)
                .with("what", one.what)
                .says(fmt::format("{} is no longer left out: {} was mended or deleted", one.what,
                                  one.source)));
}

} // namespace hitless::apply
