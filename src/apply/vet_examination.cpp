#include "apply/vet_examination.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

namespace hitless::apply {
namespace {

using gotemplate::PrintedPiece;
using haproxy::Line;
using haproxy::Section;
using haproxy::ServerLine;

constexpr std::string_view until_mended = "is left out until the key is mended or deleted";

/// The bytes of the lines that have a byte of the range, without the last line break.
Range whole_lines(std::string_view text, Range range) {
    const std::size_t begin = range.begin == 0 ? 0 : text.rfind('\n', range.begin - 1) + 1;
    const std::size_t last = std::max(range.begin, range.end == 0 ? 0 : range.end - 1);
    return {begin, std::min(text.find('\n', last), text.size())};
}

/// The line without the blanks around it.
Range trimmed(std::string_view text, Range line) {
    const std::string_view whole = text.substr(line.begin, line.end - line.begin);
    const std::string_view kept = base::trim(whole);
    if (kept.empty())
        return {line.begin, line.begin};
    const auto begin = static_cast<std::size_t>(kept.data() - text.data());
    return {begin, begin + kept.size()};
}

/// The piece to blame: one that has bytes of what is bad, else one that is empty, else the last.
const PrintedPiece* to_blame(const Brought& brought, const Range& bad) {
    const PrintedPiece* empty = nullptr;
    for (std::size_t i = 0; i < brought.pieces.size(); ++i) {
        const haproxy::Brought& bytes = brought.bytes[i];
        if (bytes.begin < bad.end && bytes.end > bad.begin)
            return brought.pieces[i];
        if (bytes.begin == bytes.end)
            empty = brought.pieces[i];
    }
    if (empty != nullptr)
        return empty;
    return brought.pieces.empty() ? nullptr : brought.pieces.back();
}

/// The piece that brought a word which HAProxy's message has in quotes, or nullptr.
const PrintedPiece* piece_named(const Brought& brought, std::string_view line,
                                std::string_view message) {
    for (std::size_t begin = message.find('\''); begin != std::string_view::npos;) {
        const std::size_t end = message.find('\'', begin + 1);
        if (end == std::string_view::npos)
            break;
        const std::string_view word = message.substr(begin + 1, end - begin - 1);
        for (std::size_t i = 0; i < brought.pieces.size(); ++i) {
            const haproxy::Brought& bytes = brought.bytes[i];
            const std::string_view text = line.substr(bytes.begin, bytes.end - bytes.begin);
            if (!word.empty() && text.find(word) != std::string_view::npos)
                return brought.pieces[i];
        }
        begin = message.find('\'', end + 1);
    }
    return nullptr;
}

} // namespace

std::string title_of(const Section& section) {
    return section.name.empty() ? std::string(section.kind)
                                : fmt::format("{} {}", section.kind, section.name);
}

std::string_view header_of(const haproxy::Config& config, const Section& section) {
    const std::string_view text = config.text();
    const std::less<> before;
    if (before(section.kind.data(), text.data()) ||
        !before(section.kind.data(), text.data() + text.size()))
        return {};
    const auto begin = static_cast<std::size_t>(section.kind.data() - text.data());
    const Range line = trimmed(text, whole_lines(text, {begin, begin + 1}));
    return text.substr(line.begin, line.end - line.begin);
}

Range Vetter::Examination::range_of(std::string_view text) const {
    const auto begin = static_cast<std::size_t>(text.data() - config_.text().data());
    return {begin, begin + text.size()};
}

std::string Vetter::Examination::source_of(const PrintedPiece& piece) const {
    const confd::Source* const source = rendering_.sources->find(piece.source);
    return source == nullptr ? "the template" : name_of(*source, vetter_.rules_);
}

std::string Vetter::Examination::describe_piece(const PrintedPiece& piece) const {
    const confd::Source* const source = rendering_.sources->find(piece.source);
    return source == nullptr ? "the template" : describe(*source, renderer_, vetter_.rules_);
}

std::string Vetter::Examination::place_in_template(const PrintedPiece& piece) const {
    return fmt::format("{}, line {}", renderer_.name(), renderer_.line_of(piece.action));
}

/// Why HAProxy's check has refused the line, if it has: that of whoever brought it.
const std::string* Vetter::Examination::refusal(const Section& section, std::string_view line,
                                                const Brought& brought) {
    if (vetter_.refused_.empty() || brought.pieces.empty())
        return nullptr;
    Place place{title_of(section), std::string(line), source_of(*brought.pieces.front())};
    const auto found = vetter_.refused_.find(place);
    if (found == vetter_.refused_.end())
        return nullptr;
    refused_lines.insert(std::move(place));
    return &found->second;
}

/// The section that the place is in.
const Section* Vetter::Examination::section_at(std::size_t offset) {
    const std::vector<Section>& sections = config_.sections();
    std::size_t begin = 0; // of one without a line: where the one before it begins
    for (std::size_t i = section_begins_.size(); i < sections.size(); ++i) {
        if (const std::string_view header = header_of(config_, sections[i]); !header.empty())
            begin = range_of(header).begin;
        section_begins_.push_back(begin);
    }
    const auto next = std::ranges::upper_bound(section_begins_, offset);
    if (next == section_begins_.begin())
        return nullptr;
    return &sections[static_cast<std::size_t>(next - section_begins_.begin()) - 1];
}

Result<void> Vetter::Examination::other_lines() {
    const std::string_view text = config_.text();
    std::vector<std::size_t> servers; // where their lines begin
    for (const Section& section : config_.sections()) {
        for (const ServerLine& line : section.servers)
            servers.push_back(range_of(line.text).begin);
    }
    std::size_t done = 0; // up to here
    for (const PrintedPiece& piece : rendering_.output.pieces) {
        if (!gotemplate::is_untrusted(piece.source) || (piece.end <= done && done != 0))
            continue;
        Range lines = whole_lines(text, {std::max<std::size_t>(piece.begin, done), piece.end});
        done = lines.end;
        while (lines.begin <= lines.end) {
            const std::size_t end = std::min(text.find('\n', lines.begin), lines.end);
            const Range line = trimmed(text, {lines.begin, end});
            lines.begin = end + 1;
            if (line.begin == line.end || std::ranges::binary_search(servers, line.begin))
                continue;
            if (auto looked_at = other_line(line); !looked_at)
                return looked_at;
        }
    }
    return {};
}

Result<void> Vetter::Examination::other_line(Range line) {
    const std::string_view text =
        std::string_view(config_.text()).substr(line.begin, line.end - line.begin);
    const Brought brought = brought_to_line(rendering_.output, config_.text(), line);
    if (brought.pieces.empty())
        return {};
    const Rules& rules = vetter_.rules_;
    const Section* const section = section_at(line.begin);
    const bool protects = section != nullptr && haproxy::first_word(text) == "default-server" &&
                          protects_tls(*section);
    const auto flaws =
        haproxy::flaws_of_line(text, brought.bytes, {rules.trusted, rules.one_word, protects});
    for (const haproxy::LineFlaw& flaw : flaws) {
        const PrintedPiece& piece = *to_blame(brought, {flaw.where.begin, flaw.where.end});
        if (auto done = cut_element(line, piece, flaw.why); !done)
            return done;
    }
    if (!flaws.empty() || section == nullptr)
        return {};
    const std::string* const why = refusal(*section, text, brought);
    if (why == nullptr)
        return {};
    if (const PrintedPiece* const named = piece_named(brought, text, *why))
        return cut_element(line, *named, *why);
    // HAProxy doesn't say which word it is: this one may be innocent.
    const PrintedPiece& guessed = *to_blame(brought, {});
    if (owner_of(rendering_.output, guessed) == nullptr &&
        vetter_.in_vain_.contains(guessed.action))
        return {};
    const std::size_t before = to_hide.size();
    auto done = cut_element(line, guessed, *why);
    if (to_hide.size() > before)
        to_hide.back().refused_at = guessed.action;
    return done;
}

Result<void> Vetter::Examination::cut_element(Range line, const PrintedPiece& piece,
                                              const std::string& why) {
    const std::string text = base::printable(
        std::string_view(config_.text()).substr(line.begin, line.end - line.begin), 100);
    const std::string what = fmt::format("{}, in the line '{}'", why, text);
    if (cut_or_hide(piece, what))
        return {};
    return fail("{} spoils a line ({}): {}", describe_piece(piece), place_in_template(piece), what);
}

bool Vetter::Examination::cut_or_hide(const PrintedPiece& piece, const std::string& what) {
    const auto* const element = owner_of(rendering_.output, piece);
    if (element == nullptr)
        return hide(piece, what);
    cuts.push_back({element->begin, element->end});
    const std::string made = fmt::format("what {} makes", place_in_template(piece));
    spoilt.push_back(std::make_shared<const Spoilt>(Spoilt{
        source_of(piece),
        made,
        fmt::format("{} spoils {}: {}; that {}", describe_piece(piece), made, what, until_mended),
        {},
        {},
        {}}));
    return true;
}

bool Vetter::Examination::hide(const PrintedPiece& piece, const std::string& what) {
    const confd::Source* const source = rendering_.sources->find(piece.source);
    const bool may_hide = source != nullptr && (source->kind == confd::Source::Kind::key ||
                                                source->kind == confd::Source::Kind::directory);
    if (may_hide)
        to_hide.push_back({source->name,
                           {what, what, renderer_.line_of(piece.action),
                            gotemplate::Trace(piece.source), false}});
    return may_hide;
}

Result<void> Vetter::Examination::before_sections(std::string_view text) {
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = std::min(text.find('\n', begin), text.size());
        const Range line = trimmed(text, {begin, end});
        begin = end + 1;
        const std::string word =
            haproxy::first_word(text.substr(line.begin, line.end - line.begin));
        if (word.empty() || word.front() == '.')
            continue;
        if (haproxy::is_section_keyword(word))
            break;
        const Brought brought = brought_to(rendering_.output, line);
        if (brought.pieces.empty() ||
            !cut_or_hide(*brought.pieces.front(), "it stands before the first section"))
            return {};
    }
    return {};
}

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
