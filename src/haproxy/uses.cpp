#include "hitless/haproxy/uses.hpp"

#include "hitless/base/text.hpp"
#include "hitless/haproxy/config.hpp"
#include "hitless/haproxy/words.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

namespace hitless::haproxy {
namespace {

namespace fs = std::filesystem;
using Kind = FileUse::Kind;
using Words = std::vector<std::string>;

struct Keyword {
    std::string_view text;
    Kind kind;
};

/// The next word is a file, in lines that begin with one of `bind_like`.
constexpr std::array<Keyword, 7> options_of_bind = {{{"crt", Kind::certificate},
                                                     {"crt-list", Kind::crt_list},
                                                     {"ca-file", Kind::ca_file},
                                                     {"ca-verify-file", Kind::ca_file},
                                                     {"ca-sign-file", Kind::ca_file},
                                                     {"crl-file", Kind::crl_file},
                                                     {"tls-ticket-keys", Kind::other}}};
constexpr std::array<std::string_view, 5> bind_like = {"bind", "server", "default-server",
                                                       "server-template", "log-forward"};
/// The next word is a file, in a `load` line of a crt-store.
constexpr std::array<std::string_view, 5> options_of_load = {"crt", "key", "ocsp", "issuer",
                                                             "sctl"};
/// The next word is a file, in lines that make an answer.
constexpr std::array<std::string_view, 3> options_of_answer = {"errorfile", "file", "lf-file"};
/// The second word of these lines is a file.
constexpr std::array<Keyword, 6> first_words = {{{"lua-load", Kind::lua},
                                                 {"lua-load-per-thread", Kind::lua},
                                                 {"ssl-dh-param-file", Kind::other},
                                                 {"51degrees-data-file", Kind::other},
                                                 {"deviceatlas-json-file", Kind::other},
                                                 {"wurfl-data-file", Kind::other}}};

template <class Range>
bool has(const Range& range, std::string_view word) {
    return std::ranges::find(range, word) != range.end();
}

template <class Keywords>
const Keyword* find_keyword(const Keywords& all, std::string_view word) {
    const auto found = std::ranges::find(all, word, &Keyword::text);
    return found == all.end() ? nullptr : &*found;
}

/// Most lines are servers' and name no file: looking for these is faster than taking them apart.
bool may_matter(std::string_view line) {
    constexpr std::array<std::string_view, 8> parts = {"map",      "-f",  "crt",   "file",
                                                       "lua-load", "env", "-path", "-base"};
    const auto is_in = [&](std::string_view part) {
        return line.find(part) != std::string_view::npos;
    };
    return std::ranges::any_of(parts, is_in) || is_in("tls-ticket-keys") || is_in("spoe") ||
           line.starts_with("load");
}

/// A converter `map(FILE`, `map_beg(FILE`, …
struct MapName {
    std::string_view converter;
    std::string_view file;
};

/// HAProxy looks such keys up in a tree, and goes through those of the other converters.
bool is_in_order(std::string_view converter) {
    constexpr std::array<std::string_view, 4> trees = {"map", "map_str", "map_beg", "map_ip"};
    return std::ranges::none_of(trees, [&](std::string_view tree) {
        const bool is_whole = tree != "map" && converter.starts_with(tree) &&
                              converter.substr(tree.size()).starts_with('_');
        return converter == tree || is_whole; // map_beg_ip: of addresses, by their begin
    });
}

std::vector<MapName> names_of_maps(std::string_view word) {
    std::vector<MapName> names;
    for (std::size_t at = word.find("map"); at != std::string_view::npos;
         at = word.find("map", at + 3)) {
        const bool is_begin = at == 0 || word[at - 1] == ',' || word[at - 1] == '[';
        const std::size_t open =
            word.find_first_not_of("abcdefghijklmnopqrstuvwxyz_0123456789", at);
        if (!is_begin || open == std::string_view::npos || word[open] != '(')
            continue;
        std::string_view rest = word.substr(open + 1);
        const char first = rest.empty() ? '\0' : rest.front();
        const bool is_quoted = first == '"' || first == '\'';
        if (is_quoted)
            rest.remove_prefix(1);
        names.push_back({word.substr(at, open - at),
                         rest.substr(0, is_quoted ? rest.find(first) : rest.find_first_of(",)"))});
    }
    return names;
}

/// A walk through the lines of a configuration.
class Finder {
  public:
    Finder(const Environment& environment, std::string_view config_file)
        : variables_(environment), directory_(fs::path(config_file).parent_path()) {}

    std::vector<FileUse> run(std::string_view text) {
        for (const std::string_view line : base::split(text, '\n')) {
            ++number_;
            const std::string_view trimmed = base::trim(line);
            if (trimmed.empty() || trimmed.starts_with('#'))
                continue;
            if (is_section_keyword(trimmed.substr(0, trimmed.find_first_of(" \t"))))
                section_ = first_word(trimmed);
            else if (may_matter(trimmed) && section_ != "program")
                look_at(trimmed);
        }
        return std::move(uses_);
    }

  private:
    void look_at(std::string_view line) {
        const Words words = words_of(line);
        if (words.empty())
            return;
        if (section_ == "global" && take_setting(line, words))
            return;
        for (std::size_t i = 0; i < words.size(); ++i) {
            for (const auto& [converter, file] : names_of_maps(words[i]))
                add_pattern_file(Kind::map, file, is_in_order(converter));
            if (words[i] == "-f" && i + 1 < words.size()) {
                const bool is_map = std::find(words.begin(), words.begin() + static_cast<int>(i),
                                              "-M") != words.begin() + static_cast<int>(i);
                add_pattern_file(is_map ? Kind::map : Kind::acl, words[i + 1], false);
            }
        }
        add_by_keyword(words);
    }

    /// In a template there may be lines that HAProxy could not take apart.
    Words words_of(std::string_view line) {
        if (auto words = expand_words(line, variables_))
            return std::move(*words);
        Words words;
        for (const std::string_view word : base::split(line, ' ')) {
            if (!word.empty())
                words.emplace_back(word);
        }
        return words;
    }

    /// True for a line of the global section that says where files are.
    bool take_setting(std::string_view line, const Words& words) {
        const std::string& first = words.front();
        const std::string second = words.size() > 1 ? words[1] : std::string();
        if (first.ends_with("env"))
            variables_.heed(line);
        else if (first == "crt-base")
            crt_base_ = second;
        else if (first == "key-base")
            key_base_ = second;
        else if (first == "ca-base")
            ca_base_ = second;
        else if (first == "default-path")
            origin_ = second == "config"   ? directory_
                      : second == "parent" ? directory_ / ".."
                      : second == "origin" ? fs::path(words.size() > 2 ? words[2] : std::string())
                                           : fs::path();
        else
            return false;
        return true;
    }

    void add_by_keyword(const Words& words) {
        const std::string& first = words.front();
        if (const Keyword* const keyword = find_keyword(first_words, first);
            keyword != nullptr && words.size() > 1)
            add(keyword->kind, words[1], {});
        if (first == "errorfile" && words.size() > 2)
            add(Kind::error_file, words[2], {});
        const bool is_answer = first.starts_with("http-") || first == "tcp-request";
        for (std::size_t i = 1; i + 1 < words.size(); ++i) {
            const std::string& word = words[i];
            if (const Keyword* const option = find_keyword(options_of_bind, word);
                option != nullptr && has(bind_like, first))
                add(option->kind, words[i + 1], base_of(option->kind));
            else if (first == "load" && has(options_of_load, word))
                add(Kind::other, words[i + 1], word == "key" ? key_base_ : crt_base_);
            else if (is_answer && has(options_of_answer, word))
                add(Kind::error_file, words[i + 1], {});
            else if (first == "filter" && words[1] == "spoe" && word == "config")
                add(Kind::other, words[i + 1], {});
        }
    }

    [[nodiscard]] fs::path base_of(Kind kind) const {
        switch (kind) {
        case Kind::certificate:
            return crt_base_;
        case Kind::ca_file:
        case Kind::crl_file:
            return ca_base_;
        default:
            return {};
        }
    }

    /// From 3.0 on the name may say how the file is used (configuration.txt, 2.8).
    void add_pattern_file(Kind kind, std::string_view name, bool in_order) {
        if (name.starts_with("virt@")) // which is no file
            return;
        for (const std::string_view how : {"opt@", "file@"}) {
            if (name.starts_with(how))
                name.remove_prefix(how.size());
        }
        add(kind, name, {}, in_order);
    }

    void add(Kind kind, std::string_view name, const fs::path& base, bool in_order = false) {
        // "@system-ca" and "@store/name" are no files.
        if (name.empty() || name.starts_with('@') || name.find("{{") != std::string_view::npos)
            return;
        const fs::path path = (origin_ / base / fs::path(name)).lexically_normal();
        // In other lists, HAProxy has what the line says.
        const bool is_behind_base = kind == Kind::certificate && !name.starts_with('/');
        std::string own_name(name);
        if (is_behind_base && !base.empty())
            own_name = fmt::format("{}/{}", base.string(), name);
        uses_.push_back({kind, std::move(own_name), path.string(), number_, in_order});
    }

    Variables variables_;
    fs::path directory_; ///< of the configuration
    fs::path origin_;    ///< what default-path says
    fs::path crt_base_;
    fs::path key_base_;
    fs::path ca_base_;
    std::string section_;
    int number_ = 0; ///< of the line
    std::vector<FileUse> uses_;
};

/// Others stand beside a certificate, or HAProxy leaves them out (configuration.txt, 5.1 `crt`).
bool is_certificate_of_directory(const FileUse& use, std::string_view path) {
    constexpr std::array<std::string_view, 4> others = {".issuer", ".ocsp", ".sctl", ".key"};
    return means_file(use, path) && !fs::path(path).filename().string().starts_with('.') &&
           std::ranges::none_of(others, [&](std::string_view end) { return path.ends_with(end); });
}

} // namespace

std::vector<FileUse> file_uses(std::string_view text, const Environment& environment,
                               std::string_view config_file) {
    return Finder(environment, config_file).run(text);
}

bool names_file(const FileUse& use, std::string_view path) {
    const std::string file = fs::path(path).lexically_normal().string();
    return use.path == file || (!use.path.starts_with('/') && file.ends_with("/" + use.path));
}

bool means_file(const FileUse& use, std::string_view path) {
    if (names_file(use, path))
        return true;
    const std::string file = fs::path(path).lexically_normal().string();
    const bool may_be_directory = use.kind == Kind::certificate || use.kind == Kind::ca_file;
    const fs::path directory = fs::path(use.path) / ""; // with or without a slash at its end
    return may_be_directory && directory == fs::path(file).parent_path() / "";
}

bool means_file(std::span<const FileUse> uses, std::string_view path) {
    return std::ranges::any_of(uses, [&](const FileUse& use) { return means_file(use, path); });
}

bool is_read_by_lines(Kind kind) {
    return kind == Kind::map || kind == Kind::acl || kind == Kind::crt_list;
}

Reading reading_of(std::span<const FileUse> uses, std::string_view path) {
    Reading reading = Reading::whole;
    for (const FileUse& use : uses) {
        if (is_read_by_lines(use.kind) && means_file(use, path))
            return Reading::lines;
        const bool is_certificate =
            use.kind == Kind::certificate &&
            (names_file(use, path) || is_certificate_of_directory(use, path));
        if (is_certificate)
            reading = Reading::certificates;
    }
    return reading;
}

} // namespace hitless::haproxy
