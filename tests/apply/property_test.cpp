#include "hitless/base/text.hpp"

#include "apply/random_site.hpp"
#include "apply/value_invariants.hpp"
#include "support/sanitized.hpp"
#include "support/temporary_directory.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <optional>
#include <set>

/// Whoever writes one key changes what the template makes of that key and nothing else: tried with
/// random templates and values that are meant to do more.
namespace hitless::apply {
namespace {

using test::broken_invariant;
using test::Keys;
using test::lines_of;
using test::RandomSite;
using test::ResultLine;
using test::SiteGenerator;

using Vetted = Result<Vetter::Vetted>;

/// A resource with keys that change.
class Resource {
  public:
    explicit Resource(const std::string& template_file)
        : renderer_(confd::Renderer::load(template_file).value()) {}

    Vetted vet(const Keys& keys) {
        std::vector<keys::Entry> entries;
        for (const auto& [key, value] : keys)
            entries.push_back({key, value});
        std::ranges::sort(entries, {}, &keys::Entry::key);
        renderer_->tree().replace("/", entries);
        return vetter_.vet(*renderer_);
    }

    /// What is left out, and why.
    [[nodiscard]] std::multiset<std::string> said() const {
        std::multiset<std::string> messages;
        for (const SpoiltPtr& one : vetter_.spoilt())
            messages.insert(one->message);
        return messages;
    }

  private:
    std::unique_ptr<confd::Renderer> renderer_;
    Vetter vetter_;
};

Keys with_value(const RandomSite& site, const std::optional<std::string>& value) {
    Keys keys = site.keys;
    std::erase_if(keys, [&](auto& entry) {
        if (entry.first == site.victim && value)
            entry.second = *value;
        return entry.first == site.victim && !value;
    });
    return keys;
}

/// True when the key has brought the piece: by its value, its name or as part of a directory's
/// name.
bool is_from(const Vetter::Vetted& vetted, const gotemplate::PrintedPiece& piece,
             const std::string& key) {
    const confd::Source* const source = vetted.rendering->sources->find(piece.source);
    if (source == nullptr)
        return false;
    return source->kind == confd::Source::Kind::directory ? key.starts_with(source->name + "/")
                                                          : source->name == key;
}

std::string without_blanks(std::string_view line) {
    std::string made(line);
    std::erase(made, ' ');
    return made;
}

/// The line without the elements within it that the key has brought something to.
std::string without_elements(const Vetter::Vetted& vetted, const ResultLine& line,
                             const std::string& key) {
    const std::string& text = vetted.config.text();
    const auto first = static_cast<std::size_t>(line.text.data() - text.data());
    const std::size_t begin = text.rfind('\n', first) + 1; // with the blanks before
    const std::size_t end = std::min(text.find('\n', first), text.size());
    std::string made;
    std::size_t at = begin;
    for (const gotemplate::Element& element : vetted.rendering->output.elements) {
        const bool is_own = std::ranges::any_of(line.pieces, [&](const auto* piece) {
            return is_from(vetted, *piece, key) && piece->begin >= element.begin &&
                   piece->end <= element.end;
        });
        if (element.begin < at || element.end > end || !is_own)
            continue; // not one of the key's within the line
        made += text.substr(at, element.begin - at);
        at = element.end;
    }
    return without_blanks(made + text.substr(at, end - at));
}

/// The line without what the key has brought.
std::string without_pieces(const Vetter::Vetted& vetted, const ResultLine& line,
                           const std::string& key) {
    const auto begin = static_cast<std::size_t>(line.text.data() - vetted.config.text().data());
    std::string made;
    for (std::size_t at = begin; at < begin + line.text.size(); ++at) {
        const bool is_own = std::ranges::any_of(line.pieces, [&](const auto* piece) {
            return piece->begin <= at && piece->end > at && is_from(vetted, *piece, key);
        });
        if (!is_own)
            made += vetted.config.text()[at];
    }
    return without_blanks(made);
}

/// The lines of a result that a key has brought nothing to.
struct OtherLines {
    std::set<std::string_view> all;
    std::vector<std::string_view> fixed; ///< those without an element around them, in order
    std::set<std::string_view> others;   ///< those that keys of other places have brought
    std::set<std::string> shortened;     ///< what is left of the key's own when its elements go

    OtherLines(const Vetter::Vetted& vetted, const std::string& key) {
        const std::string place = key.substr(0, key.rfind('/') + 1);
        const bool is_service = key.starts_with("/services/m/");
        for (const ResultLine& line : lines_of(vetted)) {
            const auto has = [&](const auto& is) { return std::ranges::any_of(line.pieces, is); };
            const bool is_own =
                has([&](const auto* piece) { return is_from(vetted, *piece, key); });
            if (is_own) {
                shortened.insert(without_elements(vetted, line, key));
                shortened.insert(without_pieces(vetted, line, key));
                continue;
            }
            all.insert(line.text);
            if (!line.in_element)
                fixed.push_back(line.text);
            // What spoils a service's section costs the whole section.
            const bool is_beside =
                is_service && has([&](const auto* piece) {
                    const auto* source = vetted.rendering->sources->find(piece->source);
                    return source != nullptr && source->name.starts_with("/services/m");
                });
            if (!line.pieces.empty() && !is_beside)
                others.insert(line.text);
        }
    }
};

/// Where each line that occurs once is.
std::map<std::string_view, std::size_t> places_of(const std::vector<std::string_view>& lines) {
    std::map<std::string_view, std::size_t> places;
    for (std::size_t i = 0; i < lines.size(); ++i)
        places[lines[i]] = i;
    return places;
}

bool has_order_of(const std::vector<std::string_view>& lines,
                  const std::vector<std::string_view>& model) {
    const auto places = places_of(model);
    std::size_t last = 0;
    for (const std::string_view line : lines) {
        const auto place = places.find(line);
        if (place == places.end())
            continue;
        if (place->second < last)
            return false;
        last = place->second;
    }
    return true;
}

/// One template with all that was made of its keys.
class Trial {
  public:
    Trial(const std::string& file, const RandomSite& site) : file_(file), site_(site), kept_(file) {
        std::string harmless;
        for (const auto& [key, value] : site.keys)
            harmless = key == site.victim ? value : harmless;
        values_ = {harmless, std::nullopt};
        harmless_ = vet_twice(harmless);
        is_spoilt_ = std::ranges::any_of(said_, [&](const std::string& message) {
            return message.find(base::printable(site.victim)) != std::string::npos;
        });
        absent_ = vet_twice(std::nullopt);
        empty_ = vet_twice("");
    }

    /// The template makes something of the key, and can do with what it is meant to be.
    [[nodiscard]] bool is_usable() const { return harmless_->has_value() && !is_spoilt_; }

    /// What the value does wrong, or nullopt.
    std::optional<std::string> try_value(const std::string& value) {
        error_.reset();
        const auto result = vet_twice(value);
        if (!error_)
            error_ = *result ? compare(**result) : judge_error(result->error().message);
        if (!error_ && *result)
            ++successes;
        if (!error_)
            (void)vet_twice(values_[successes % 2]); // back again
        if (error_)
            return describe(value, *result);
        return std::nullopt;
    }

    std::size_t successes = 0;

  private:
    /// With what is kept from before, and without: it makes no difference.
    std::optional<Vetted> vet_twice(const std::optional<std::string>& value) {
        const Keys keys = with_value(site_, value);
        Resource fresh(file_);
        Vetted result = fresh.vet(keys);
        const Vetted kept = kept_.vet(keys);
        if (result.has_value() != kept.has_value())
            error_ = "a vetter that has seen other values differs: " +
                     (kept ? kept->config.text() : kept.error().message);
        else if (result && result->config.text() != kept->config.text())
            error_ =
                "a vetter that has seen other values makes another text:\n" + kept->config.text();
        else if (!result && result.error().message != kept.error().message)
            error_ = "a vetter that has seen other values says " + kept.error().message;
        else if (result && fresh.said() != kept_.said())
            error_ =
                fmt::format("a vetter that has seen other values says other things: {}\n\nand a "
                            "new one: {}",
                            fmt::join(kept_.said(), "\n"), fmt::join(fresh.said(), "\n"));
        if (result && !error_)
            error_ = broken_invariant(*result);
        if (kept && !error_)
            error_ = broken_invariant(*kept);
        const Vetted again = kept_.vet(keys);
        if (!error_ && result && (!again || again->config.text() != result->config.text()))
            error_ = "the same once more is another text";
        if (!error_ && result && !again->news.spoilt.empty())
            error_ = "the same is said twice: " + again->news.spoilt.front().message;
        said_ = fresh.said();
        return result;
    }

    std::optional<std::string> compare(const Vetter::Vetted& result) const {
        const OtherLines now(result, site_.victim);
        const OtherLines harmless(**harmless_, site_.victim);
        std::optional<OtherLines> absent;
        if (*absent_)
            absent.emplace(**absent_, site_.victim);
        std::optional<OtherLines> empty;
        if (*empty_)
            empty.emplace(**empty_, site_.victim);
        for (const std::string_view line : now.all) {
            const bool is_known = harmless.all.contains(line) ||
                                  (absent && absent->all.contains(line)) ||
                                  (empty && empty->all.contains(line));
            const bool is_shortened = harmless.shortened.contains(without_blanks(line));
            if (!is_known && !is_shortened)
                return fmt::format("no harmless value makes the line '{}'", line);
        }
        if (!has_order_of(now.fixed, harmless.fixed) ||
            (absent && !has_order_of(now.fixed, absent->fixed)))
            return "the template's lines have another order";
        if (auto missing = find_missing(now, harmless, absent, empty))
            return missing;
        return find_marker(result);
    }

    /// Lines that are there with a harmless value, an empty one and none, but not now. The second
    /// server of one name isn't taken, whoever comes first.
    [[nodiscard]] std::optional<std::string>
    find_missing(const OtherLines& now, const OtherLines& harmless,
                 const std::optional<OtherLines>& absent,
                 const std::optional<OtherLines>& empty) const {
        if (!absent)
            return std::nullopt;
        const auto is_missing = [&](std::string_view line) {
            return absent->all.contains(line) && (!empty || empty->all.contains(line)) &&
                   !now.all.contains(line);
        };
        for (const std::string_view line : harmless.fixed) {
            if (is_missing(line))
                return fmt::format("the template's line '{}' is missing", line);
        }
        const bool is_taken = std::ranges::any_of(said_, [](const std::string& message) {
            return message.find("of that name already") != std::string::npos;
        });
        for (const std::string_view line : harmless.others) {
            const bool may_go = is_taken && line.starts_with("server ");
            if (is_missing(line) && !may_go)
                return fmt::format("the line '{}' of another key is missing", line);
        }
        return std::nullopt;
    }

    /// Bytes that the value alone can have brought, and that nobody knows to be from it.
    [[nodiscard]] std::optional<std::string> find_marker(const Vetter::Vetted& result) const {
        std::string text = result.config.text();
        for (char& c : text)
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        const std::string_view marker = SiteGenerator::marker;
        for (std::size_t at = text.find(marker); at != std::string::npos;
             at = text.find(marker, at + 1)) {
            const bool is_known = is_from_victim(result, at) && is_from_victim(result, at + 1) &&
                                  is_from_victim(result, at + 2);
            if (!is_known)
                return fmt::format("nobody knows where byte {} is from", at);
        }
        return std::nullopt;
    }

    [[nodiscard]] bool is_from_victim(const Vetter::Vetted& result, std::size_t at) const {
        return std::ranges::any_of(result.rendering->output.pieces, [&](const auto& piece) {
            return piece.begin <= at && piece.end > at && is_from(result, piece, site_.victim);
        });
    }

    [[nodiscard]] std::optional<std::string> judge_error(const std::string& message) const {
        const std::string name = base::printable(site_.victim);
        const bool names_it = message.find(name) != std::string::npos ||
                              message.find(site_.victim) != std::string::npos;
        return names_it || !*absent_ ? std::nullopt
                                     : std::optional("the error names another: " + message);
    }

    [[nodiscard]] std::string describe(const std::string& value, const Vetted& result) const {
        const auto text = [](const Vetted& vetted) {
            return vetted ? vetted->config.text() : "error: " + vetted.error().message;
        };
        return fmt::format("{}\n--- template\n{}\n--- key\n{} = {}\n--- made of it\n{}\n--- said\n"
                           "{}\n--- of a harmless value\n{}\n--- without a value\n{}",
                           *error_, site_.text, base::printable(site_.victim),
                           base::printable(value), text(result), fmt::join(said_, "\n"),
                           text(*harmless_), text(*absent_));
    }

    std::string file_;
    RandomSite site_;
    Resource kept_;
    std::vector<std::optional<std::string>> values_; ///< the harmless one, and none
    std::optional<Vetted> harmless_;
    bool is_spoilt_ = false; ///< by the harmless value
    std::optional<Vetted> absent_;
    std::optional<Vetted> empty_;
    std::optional<std::string> error_;
    std::multiset<std::string> said_;
};

std::uint64_t from_environment(const char* name, std::uint64_t otherwise) {
    const char* const given = std::getenv(name);
    return given != nullptr ? std::stoull(given) : otherwise;
}

/// The same ones every time; others with HITLESS_SEED, more with HITLESS_TEMPLATES.
TEST(AnyValue, ChangesWhatIsMadeOfItsKeyAndNothingElse) {
    const std::uint64_t seed = from_environment("HITLESS_SEED", 1);
    const std::uint64_t count =
        from_environment("HITLESS_TEMPLATES", 400 / hitless::test::share_of_histories);
    constexpr int values = 8;
    SCOPED_TRACE(fmt::format("again with HITLESS_SEED={}", seed));
    const hitless::test::TemporaryDirectory directory;
    SiteGenerator generator(seed);
    std::size_t usable = 0;
    std::size_t successes = 0;
    int shown = 0;
    for (std::uint64_t i = 0; i < count && shown < 5; ++i) {
        const RandomSite site = generator.make_site();
        Trial trial(directory.write("app.tmpl", site.text), site);
        usable += trial.is_usable() ? 1 : 0;
        for (int j = 0; j < values && trial.is_usable(); ++j) {
            if (const auto wrong = trial.try_value(generator.hostile_value(site.shape))) {
                ADD_FAILURE() << "template " << i << ": " << *wrong;
                ++shown;
                break;
            }
        }
        successes += trial.successes;
    }
    fmt::print("{} of {} templates, {} results of hostile values\n", usable, count, successes);
    EXPECT_GT(usable, count / 2) << "the generator makes templates that fail";
    EXPECT_GT(successes, usable * values / 2);
}

} // namespace
} // namespace hitless::apply
