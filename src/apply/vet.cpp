#include "hitless/apply/vet.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/reach.hpp"
#include "hitless/haproxy/vet.hpp"
#include "hitless/haproxy/words.hpp"
#include "hitless/plan/difference.hpp"

#include <algorithm>
#include <optional>
#include <set>
#include <unordered_set>

namespace hitless::apply {
namespace {

using haproxy::BadServer;
using haproxy::Config;
using haproxy::Section;
using haproxy::ServerLine;
using keys::Entry;

/// True when one of the key's path elements is `name`.
bool has_element(std::string_view key, std::string_view name) {
    const auto elements = base::split(key, '/');
    return std::ranges::find(elements, name) != elements.end();
}

/// How likely the key is to have spoilt a line of the server `name`: 0 is not at all.
int suspicion(const Entry& entry, std::string_view name, const BadServer& bad) {
    const bool names_it = has_element(entry.key, name);
    if (names_it && base::trim(entry.value).empty())
        return 4;
    if (bad.offending.empty())
        return names_it ? 2 : 0;
    const bool in_value = entry.value.find(bad.offending) != std::string::npos;
    const bool in_name = base::base_name(entry.key).find(bad.offending) != std::string_view::npos;
    if (names_it && (in_value || in_name))
        return 3;
    return in_value || in_name ? 1 : 0;
}

/// The key whose value or name brought the bad text into the line, or nullopt when none did.
std::optional<Entry> key_to_blame(const keys::KeyTree& tree, std::string_view name,
                                  const BadServer& bad) {
    std::optional<Entry> worst;
    int most = 0;
    for (const auto& [key, value] : tree.entries()) {
        Entry entry{key, value};
        const int found = suspicion(entry, name, bad);
        if (found > most) {
            most = found;
            worst = std::move(entry);
        }
    }
    return worst;
}

std::string explain(const Entry& blamed, std::string_view backend, std::string_view name,
                    std::string_view what) {
    return fmt::format(
        "key {} = '{}' makes no usable server {}/{}: {}; it is left out until the key "
        "is mended or deleted",
        base::printable(blamed.key), base::printable(blamed.value, 100), backend,
        base::printable(name, 60), what);
}

/// Looks at the lines of one rendering that are not known to be good.
class Examination {
  public:
    using Spoilt = std::map<std::pair<std::string, std::string>, SpoiltServer>;

    Examination(const Config& config, const keys::KeyTree& tree) : config_(config), tree_(tree) {}

    /// Looks at the servers of these names.
    Result<void> section(const Section& section,
                         const std::set<std::string, std::less<>>& suspects) {
        std::unordered_set<std::string_view> seen;
        for (const ServerLine& line : section.servers) {
            if (!suspects.contains(line.name))
                continue;
            const bool twice = !seen.insert(line.name).second;
            auto bad = haproxy::vet_server(config_, section, line);
            if (!bad && twice)
                bad = second_of_its_name(line);
            if (!bad) {
                look_beyond(section, line);
                continue;
            }
            if (auto noted = note(section, line, *bad); !noted)
                return noted.error();
        }
        return {};
    }

    std::set<int> lines; ///< the numbers of the bad ones
    Spoilt spoilt;

  private:
    /// Blamed by its address: both have the name.
    static BadServer second_of_its_name(const ServerLine& line) {
        const auto words = haproxy::split_words(line.text);
        const bool has_address = words && words->size() > 2;
        return {has_address ? (*words)[2] : std::string(line.name),
                "the backend has a server of that name already"};
    }

    /// Words that reach beyond the server are for the template to say, and not for a key.
    void look_beyond(const Section& section, const ServerLine& line) {
        const auto words = haproxy::parse_words(line.text);
        if (!words)
            return;
        for (const haproxy::Reach& reach : haproxy::reaches_of(*words)) {
            const BadServer bad{std::string((*words)[reach.first].written), reach.why};
            if (key_to_blame(tree_, line.name, bad)) {
                (void)note(section, line, bad);
                return;
            }
        }
    }

    Result<void> note(const Section& section, const ServerLine& line, const BadServer& bad) {
        const auto blamed = key_to_blame(tree_, line.name, bad);
        if (!blamed)
            return fail(
                "line {}, backend {}: {} ('{}'); no key's value brought that in, so look at the "
                "template",
                line.number, section.name, bad.message, base::printable(line.text, 100));
        lines.insert(line.number);
        SpoiltServer server{std::string(section.name), std::string(line.name),
                            std::string(line.text), blamed->key,
                            explain(*blamed, section.name, line.name, bad.message)};
        std::pair place{server.backend, server.line};
        spoilt.emplace(std::move(place), std::move(server));
        return {};
    }

    const Config& config_;
    const keys::KeyTree& tree_;
};

using Suspects = std::map<std::string, std::set<std::string, std::less<>>, std::less<>>;

Suspects new_servers(const plan::Difference& difference, const Config& after) {
    Suspects suspects;
    // Another `default-server` can make any line a bad one.
    const auto changes = difference.lines.empty() ? difference.servers : plan::all_servers(after);
    for (const plan::ServerChange& change : changes)
        suspects[change.backend].insert(change.server);
    return suspects;
}

std::string without_lines(std::string_view text, const std::set<int>& numbers) {
    std::string kept;
    kept.reserve(text.size());
    for (int number = 1; !text.empty(); ++number) {
        const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
        if (!numbers.contains(number))
            kept += text.substr(0, end);
        text.remove_prefix(end);
    }
    return kept;
}

std::size_t count_servers(const Config& config) {
    std::size_t count = 0;
    for (const Section& section : config.sections())
        count += section.servers.size();
    return count;
}

/// Those of `these` that `others` lacks.
std::vector<SpoiltServer> missing(const Examination::Spoilt& these,
                                  const Examination::Spoilt& others) {
    std::vector<SpoiltServer> found;
    for (const auto& [place, server] : these) {
        const auto other = others.find(place);
        if (other == others.end() || other->second != server)
            found.push_back(server);
    }
    return found;
}

} // namespace

Result<Vetter::Vetted> Vetter::vet(std::string rendered, const keys::KeyTree& tree) {
    auto raw = Config::parse(std::move(rendered), raw_);
    if (!raw)
        return raw.error();
    plan::Difference difference = plan::compare(raw_, *raw);
    Suspects suspects = new_servers(difference, *raw);
    for (const auto& [place, server] : spoilt_)
        suspects[place.first].insert(server.server);
    Examination examination(*raw, tree);
    for (const Section& section : raw->sections()) {
        const auto names = suspects.find(section.name);
        if (!section.has_servers() || names == suspects.end())
            continue;
        if (auto looked_at = examination.section(section, names->second); !looked_at)
            return looked_at.error();
    }
    const auto& bad = examination.lines;
    if (bad.size() > 1 && bad.size() == count_servers(*raw))
        return fail(
            "not one of its {} server lines is usable, so look at the template; the first: {}",
            bad.size(), examination.spoilt.begin()->second.message);
    Vetted vetted{*raw, std::nullopt, missing(examination.spoilt, spoilt_),
                  missing(spoilt_, examination.spoilt)};
    if (bad.empty() && spoilt_.empty())
        vetted.difference = std::move(difference);
    std::erase_if(vetted.mended, [&](const SpoiltServer& server) {
        return std::ranges::any_of(examination.spoilt, [&](const auto& other) {
            return other.second.backend == server.backend && other.second.server == server.server;
        });
    });
    if (!bad.empty()) {
        auto clean = Config::parse(without_lines(raw->text(), bad));
        if (!clean)
            return clean.error();
        vetted.config = std::move(*clean);
    }
    raw_ = std::move(*raw);
    spoilt_ = std::move(examination.spoilt);
    return vetted;
}

std::vector<SpoiltServer> Vetter::spoilt() const {
    return missing(spoilt_, {});
}

} // namespace hitless::apply
