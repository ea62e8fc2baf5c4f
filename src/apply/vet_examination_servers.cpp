#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"
#include "hitless/plan/slots.hpp"

#include "apply/vet_examination.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

// Looks at the servers of a backend.
namespace hitless::apply {

using gotemplate::PrintedPiece;
using haproxy::Line;
using haproxy::Section;
using haproxy::ServerLine;

Result<void> Vetter::Examination::servers(const Section& section, const Suspects& suspects) {
    std::unordered_map<std::string_view, const ServerLine*> seen;
    std::unordered_set<const ServerLine*> bad_lines;
    const auto known_servers = vetter_.servers_.find(section.name);
    for (const ServerLine& line : section.servers) {
        if (!suspects.all.contains(line.name))
            continue;
        const auto [first, is_first] = seen.emplace(line.name, &line);
        const Brought brought = brought_to_server(line);
        if (known_servers != vetter_.servers_.end() && is_first &&
            !suspects.changed.contains(line.name)) {
            const auto known = known_servers->second.find(line.text);
            if (known != known_servers->second.end() && still_counts(known->second)) {
                (void)refusal(section, line.text, brought); // it is still there
                add(line, SpoiltServer(known->second));
                bad_lines.insert(&line);
                continue;
            }
        }
        auto bad = look_at(section, line, brought, false);
        const bool is_twice = !bad && !is_first && !bad_lines.contains(first->second);
        if (is_twice && brought.pieces.empty()) { // the template's own: the one before has to go
            const ServerLine& before = *first->second;
            const Brought of_before = brought_to_server(before);
            if (!of_before.pieces.empty()) {
                if (auto done = spoil(section, before, of_before,
                                      *look_at(section, before, of_before, true));
                    !done)
                    return done;
                first->second = &line;
                continue;
            }
        }
        if (is_twice)
            bad = look_at(section, line, brought, true);
        if (!bad) {
            if (const std::string* const why = refusal(section, line.text, brought))
                bad = Bad{{}, *why};
        }
        if (!bad)
            continue;
        bad_lines.insert(&line);
        if (auto done = spoil(section, line, brought, *bad); !done)
            return done;
    }
    return {};
}

std::optional<Vetter::Examination::Bad> Vetter::Examination::look_at(const Section& section,
                                                                     const ServerLine& line,
                                                                     const Brought& brought,
                                                                     bool twice) const {
    const Rules& rules = vetter_.rules_;
    auto flaws = haproxy::flaws_of_line(
        line.text, brought.bytes,
        {rules.trusted, rules.one_word, !brought.pieces.empty() && protects_tls(section)});
    if (!flaws.empty())
        return Bad{{flaws.front().where.begin, flaws.front().where.end},
                   std::move(flaws.front().why)};
    if (auto bad = haproxy::vet_server(config_, section, line))
        return Bad{{bad->place, bad->place + bad->offending.size()}, std::move(bad->message)};
    if (const std::string why = plan::why_reserved(line.name); !why.empty()) {
        const std::size_t begin = range_of(line.name).begin - range_of(line.text).begin;
        return Bad{{begin, begin + line.name.size()}, why};
    }
    if (!twice)
        return std::nullopt;
    const auto words = haproxy::parse_words(line.text);
    Bad bad{{}, "the backend has a server of that name already", true};
    if (words && words->size() > 2) // blamed by its address: both have the name
        bad.where = {range_of((*words)[2].written).begin - range_of(line.text).begin,
                     range_of((*words)[2].written).end - range_of(line.text).begin};
    return bad;
}

/// A `default-server` line that is in effect for the section's servers has words about TLS.
bool Vetter::Examination::protects_tls(const Section& section) const {
    const auto lineage = config_.lineage(section);
    return std::ranges::any_of(lineage, [&](const Section* one) {
        return std::ranges::any_of(one->settings, [&](const Line& line) {
            return haproxy::first_word(line.text) == "default-server" &&
                   haproxy::says_tls(line.text,
                                     brought_to(rendering_.output, range_of(line.text)).bytes);
        });
    });
}

Result<void> Vetter::Examination::spoil(const Section& section, const ServerLine& line,
                                        const Brought& brought, const Bad& bad) {
    const PrintedPiece* const piece = to_blame(brought, bad.where);
    if (piece == nullptr && spoil_by_left_out(section, line, bad))
        return {};
    if (piece == nullptr)
        return fail(
            "line {}, backend {}: {} ('{}'); no key's value brought that in, so look at the "
            "template",
            line.number, section.name, bad.why, base::printable(line.text, 100));
    // A value that is none of the element's own would cost every element.
    const bool in_range = innermost(rendering_.output, {piece->begin, piece->end}) != nullptr;
    if (in_range && owner_of(rendering_.output, *piece) == nullptr &&
        hide(*piece, fmt::format("{}, in the line '{}'", bad.why, base::printable(line.text, 100))))
        return {};
    cut_server(section, line, *piece, place_in_template(*piece), bad);
    return {};
}

/// `place` is the line of the template.
void Vetter::Examination::cut_server(const Section& section, const ServerLine& line,
                                     const PrintedPiece& piece, const std::string& place,
                                     const Bad& bad) {
    const std::string name = fmt::format("{}/{}", section.name, base::printable(line.name, 60));
    SpoiltServer server{
        std::make_shared<const Spoilt>(
            Spoilt{source_of(piece), fmt::format("server {}", name),
                   fmt::format("{} makes no usable server {} ({}): {}; it {}",
                               describe_piece(piece), name, place, bad.why, until_mended),
                   std::string(section.name), std::string(line.name), std::string(line.text)}),
        bad.is_twin,
        {},
        {}};
    if (const auto* const source = rendering_.sources->find(piece.source)) {
        const std::string* const value = renderer_.tree().find(source->name);
        server.key = source->name;
        server.value = value != nullptr ? *value : std::string();
    }
    add(line, std::move(server));
}

/// What was found of a line the last time is still true: the key has the value that was told.
bool Vetter::Examination::still_counts(const SpoiltServer& server) const {
    const std::string* const value = renderer_.tree().find(server.key);
    return !server.is_one_of_several && server.value == (value != nullptr ? *value : std::string());
}

/// Blames what is missing in the line, if an element of a range was left out there.
bool Vetter::Examination::spoil_by_left_out(const Section& section, const ServerLine& line,
                                            const Bad& bad) {
    const Range range = whole_lines(config_.text(), range_of(line.text));
    const auto& all = rendering_.output.left_out;
    const auto found = std::ranges::find_if(all, [&](const gotemplate::LeftOut& one) {
        return one.at >= range.begin && one.at <= range.end;
    });
    if (found == all.end())
        return false;
    const gotemplate::Trouble& trouble = *found->trouble;
    cut_server(section, line, {found->at, found->at, trouble.blame.first(), 0},
               fmt::format("{}, line {}", renderer_.name(), trouble.line),
               {{}, fmt::format("{}, and so {}", trouble.what, bad.why), bad.is_twin});
    return true;
}

Brought Vetter::Examination::brought_to_server(const ServerLine& line) const {
    return brought_to_line(rendering_.output, config_.text(), range_of(line.text));
}

void Vetter::Examination::add(const ServerLine& line, SpoiltServer server) {
    Range range = whole_lines(config_.text(), range_of(line.text));
    if (range.end < config_.text().size())
        ++range.end; // the line break
    cuts.push_back(range);
    spoilt.push_back(server.spoilt);
    const Spoilt& one = *server.spoilt;
    const auto [known, is_new] = spoilt_servers[one.backend].emplace(one.line, std::move(server));
    known->second.is_one_of_several = known->second.is_one_of_several || !is_new;
}

} // namespace hitless::apply
