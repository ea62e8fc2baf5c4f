#pragma once

#include "hitless/base/result.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// HAProxy: its configuration file, its runtime API, and what each version can do.
namespace hitless::haproxy {

/// A line of a section, without the blanks around it and without comment lines.
struct Line {
    int number = 0; ///< in the file, from 1
    std::string_view text;
    bool conditional = false; ///< within `.if` … `.endif`
};

/// A `server` line of a backend. Only its name is looked at until someone asks for more.
struct ServerLine {
    int number = 0;
    std::string_view text; ///< the whole line, trimmed
    std::string_view name; ///< the second word, without quotes around it
};

/// A section of the configuration: "backend app" with its lines.
struct Section {
    std::string_view kind; ///< global, defaults, frontend, backend, listen, peers, …
    std::string_view name; ///< empty where there is none
    std::string_view from; ///< the defaults section it names ("backend app from base"), or empty
    int number = 0;
    /// All lines but servers; `server` lines within `.if` … `.endif` too, since only HAProxy can
    /// tell whether they are in effect, and those with an environment variable for a name.
    std::vector<Line> settings;
    std::vector<ServerLine> servers; ///< of backends and listens
    bool conditional = false;        ///< it begins within `.if`, or may go on behind one

    /// True for sections whose `server` lines take traffic.
    [[nodiscard]] bool has_servers() const { return kind == "backend" || kind == "listen"; }

    /// The line of the server of that name, or nullptr. Looks at one after the other.
    [[nodiscard]] const ServerLine* find_server(std::string_view server) const;
};

/// A configuration file taken apart into sections and lines: cheap, without a look into the lines.
/// Copies share all of it; the views point into the text and live as long as any of them.
class Config {
  public:
    Config() : parsed_(std::make_shared<const Parsed>()) {}

    /// A line before the first section is an error (but for `.if`, `.notice` and the like, which
    /// make a section of kind "start of the file"); what is inside the lines is HAProxy's to judge.
    static Result<Config> parse(std::string text);

    /// The same, but faster when much of the text is that of `before`: where only `server` lines of
    /// one section differ, no other line is looked at again.
    static Result<Config> parse(std::string text, const Config& before);

    [[nodiscard]] const std::string& text() const { return parsed_->text; }
    [[nodiscard]] const std::vector<Section>& sections() const { return parsed_->sections; }

    /// The backend or listen section of that name, or nullptr.
    [[nodiscard]] const Section* find_backend(std::string_view name) const;
    /// The server's line in the backend or listen section of that name, or nullptr.
    [[nodiscard]] const ServerLine* find_server(std::string_view backend,
                                                std::string_view server) const;

    /// The defaults section that `section` takes its settings from, or nullptr: the one it names,
    /// or the last one before it. A defaults section takes settings only from one that it names.
    [[nodiscard]] const Section* defaults_of(const Section& section) const;

    /// `section` and the defaults sections that it takes its settings from, nearest first.
    [[nodiscard]] std::vector<const Section*> lineage(const Section& section) const;

  private:
    struct Parsed {
        std::string text;
        std::vector<Section> sections;
        // Positions in `sections`, for thousands of backends.
        std::vector<std::size_t> backends; ///< those that have servers, by name
        std::vector<std::size_t> defaults; ///< in order
    };
    explicit Config(std::shared_ptr<const Parsed> parsed) : parsed_(std::move(parsed)) {}

    std::shared_ptr<const Parsed> parsed_;
};

/// True for a word that begins a section in any version from 2.0 to 3.4.
[[nodiscard]] bool is_section_keyword(std::string_view word);

/// True when `text` is an HAProxy configuration: it has sections, among them one that proxies, and
/// nothing before the first.
[[nodiscard]] bool looks_like_haproxy(std::string_view text);

/// The stats sockets of the global section that may change things: `stats socket ADDRESS … level
/// admin`, as addresses to connect to ("/run/haproxy/admin.sock", "127.0.0.1:9999", "abns@name"),
/// in order. Those that nobody can connect to (fd@…, sockpair@…) or only with TLS are left out.
[[nodiscard]] std::vector<std::string> admin_sockets(const Config& config);

} // namespace hitless::haproxy
