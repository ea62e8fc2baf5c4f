#include "hitless/confd/resource.hpp"

#include "hitless/base/text.hpp"
#include "hitless/keys/key_tree.hpp"

#include "confd/toml.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <functional>
#include <map>
#include <system_error>

namespace hitless::confd {
namespace {

namespace fs = std::filesystem;

/// Go's strconv.ParseUint with base 0, which is how confd reads modes: "0644" and "0o644" are
/// octal, "0x1a4" is hexadecimal, "420" is decimal.
std::optional<mode_t> parse_mode(std::string_view text) {
    int radix = 10;
    if (text.starts_with("0o") || text.starts_with("0O"))
        radix = 8;
    else if (text.starts_with("0x") || text.starts_with("0X"))
        radix = 16;
    if (radix != 10)
        text.remove_prefix(2);
    else if (text.starts_with('0'))
        radix = 8;
    mode_t mode = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, radix);
    if (error != std::errc{} || end != text.data() + text.size())
        return std::nullopt;
    return mode & 0777U;
}

Result<void> set_mode(Resource& resource, const toml::node& node) {
    const auto text = as_string(node, "mode");
    if (!text)
        return text.error();
    if (text->empty())
        return {};
    resource.access.mode = parse_mode(*text);
    if (!resource.access.mode)
        return error_at(node, fmt::format("the mode '{}' is not an octal number like \"0644\"",
                                          base::printable(*text, 40)));
    if (text->front() != '0')
        spdlog::warn("{}", error_at(node, fmt::format("the mode '{0}' is decimal, as in confd; "
                                                      "octal is written \"0{0}\"",
                                                      *text))
                               .message);
    return {};
}

/// A user's or group's number; -1 is "as the process".
template <class Id>
Result<void> set_id(std::optional<Id>& id, const toml::node& node, std::string_view name) {
    const auto number = as_integer(node, name);
    if (!number)
        return number.error();
    if (*number < -1 || *number > std::int64_t{0xffff'fffe})
        return error_at(node, fmt::format("'{}' must be a number from 0, or -1", name));
    if (*number != -1)
        id = static_cast<Id>(*number);
    return {};
}

/// A setting of a template resource.
struct Setting {
    const char* key;
    Result<void> (*set)(Resource& resource, const toml::node& node);
};

template <std::string Resource::*member>
Result<void> set_text(Resource& resource, const toml::node& node, std::string_view name) {
    auto text = as_string(node, name);
    if (!text)
        return text.error();
    resource.*member = std::move(*text);
    return {};
}

const Setting settings[] = {
    {"src", [](auto& r, const auto& node) { return set_text<&Resource::src>(r, node, "src"); }},
    {"dest", [](auto& r, const auto& node) { return set_text<&Resource::dest>(r, node, "dest"); }},
    {"prefix",
     [](auto& r, const auto& node) { return set_text<&Resource::prefix>(r, node, "prefix"); }},
    {"check_cmd",
     [](auto& r, const auto& node) {
         return set_text<&Resource::check_cmd>(r, node, "check_cmd");
     }},
    {"reload_cmd",
     [](auto& r, const auto& node) {
         return set_text<&Resource::reload_cmd>(r, node, "reload_cmd");
     }},
    {"keys",
     [](Resource& resource, const toml::node& node) -> Result<void> {
         auto keys = as_strings(node, "keys");
         if (!keys)
             return keys.error();
         for (const std::string& key : *keys)
             resource.keys.push_back(keys::clean(key));
         return {};
     }},
    {"live",
     [](Resource& resource, const toml::node& node) -> Result<void> {
         const auto live = as_bool(node, "live");
         if (!live)
             return live.error();
         resource.live = *live;
         return {};
     }},
    {"trusted",
     [](Resource& resource, const toml::node& node) -> Result<void> {
         const auto trusted = as_bool(node, "trusted");
         if (!trusted)
             return trusted.error();
         resource.trusted = *trusted;
         return {};
     }},
    {"words",
     [](Resource& resource, const toml::node& node) -> Result<void> {
         const auto words = as_integer(node, "words");
         if (!words)
             return words.error();
         if (*words != 0 && *words != 1)
             return error_at(node, "'words' must be 1, for values of one word, or 0, for any");
         resource.one_word = *words == 1;
         return {};
     }},
    {"multiline",
     [](Resource& resource, const toml::node& node) -> Result<void> {
         auto patterns = as_strings(node, "multiline");
         if (!patterns)
             return patterns.error();
         for (const std::string& pattern : *patterns) {
             if (!keys::is_valid_pattern(pattern) || !pattern.starts_with('/'))
                 return error_at(node, fmt::format("'{}' is no pattern of keys, like "
                                                   "\"/haproxy/global/*\"",
                                                   base::printable(pattern, 60)));
         }
         resource.multiline = std::move(*patterns);
         return {};
     }},
    {"mode", set_mode},
    {"uid", [](auto& r, const auto& node) { return set_id(r.access.uid, node, "uid"); }},
    {"gid", [](auto& r, const auto& node) { return set_id(r.access.gid, node, "gid"); }},
};

Result<void> read_table(Resource& resource, const toml::table& table) {
    for (const auto& [key, node] : table) {
        const auto setting = find_setting(settings, key.str());
        if (setting == std::end(settings)) {
            spdlog::warn("{}", error_at(node, fmt::format("the setting '{}' of a template resource "
                                                          "is unknown and ignored",
                                                          base::printable(key.str(), 60)))
                                   .message);
            continue;
        }
        if (auto set = setting->set(resource, node); !set)
            return set;
    }
    return {};
}

/// The files below conf.d in the order of their paths.
Result<std::vector<fs::path>> find_files(const fs::path& directory) {
    std::vector<fs::path> files;
    std::error_code error;
    const auto options = fs::directory_options::skip_permission_denied;
    fs::recursive_directory_iterator at(directory, options, error);
    for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
        std::error_code unknown;
        if (at->path().extension() == ".toml" && !fs::is_directory(at->path(), unknown))
            files.push_back(at->path());
    }
    if (error)
        return fail("can't look for template resources in {}: {}", directory.string(),
                    error.message());
    std::ranges::sort(files);
    return files;
}

/// The file that is meant, however it is written: without symbolic links where that can be told.
fs::path file_meant(const std::string& dest) {
    std::error_code error;
    const fs::path path = fs::absolute(dest, error);
    const fs::path real = error ? path : fs::weakly_canonical(path, error);
    return error ? fs::path(dest).lexically_normal() : real;
}

/// The resources' dests, and the file of the resource that has each.
class Dests {
  public:
    /// An Error when another resource has the dest already.
    Result<void> take(const Resource& resource) {
        const auto [taken, is_new] = owners_.try_emplace(file_meant(resource.dest), resource.file);
        if (is_new)
            return {};
        return fail("{}: its dest {} is that of {} already, and they would overwrite each other; "
                    "this one is left out until it has another dest",
                    resource.file, base::printable(resource.dest), taken->second);
    }

  private:
    std::map<fs::path, std::string> owners_;
};

} // namespace

bool Resource::is_named(const std::string& name) const {
    const fs::path path(file);
    return name == file || name == dest || name == path.filename() || name == path.stem();
}

std::vector<std::string> Resource::watched() const {
    std::vector<std::string> paths;
    for (const std::string& key : keys)
        paths.push_back(keys::clean(prefix + "/" + key));
    return paths;
}

Result<Resource> load_resource(const std::string& confdir, const std::string& file,
                               const std::string& prefix_override) {
    const auto document = read_toml(file);
    if (!document)
        return document.error();
    const auto entry = std::ranges::find_if(
        *document, [](const auto& pair) { return is_setting("template", pair.first.str()); });
    if (entry == document->end() || !entry->second.is_table())
        return fail("{}: there is no table [template]", file);
    const toml::table& section = *entry->second.as_table();
    Resource resource;
    resource.file = file;
    if (auto read = read_table(resource, section); !read)
        return read.error();
    if (resource.src.empty())
        return error_at(section, "'src' is missing: the template, relative to "
                                 "the directory 'templates'");
    if (resource.dest.empty())
        return error_at(section, "'dest' is missing: the file to keep up to date");
    resource.src = (fs::path(confdir) / "templates" / fs::path(resource.src).relative_path())
                       .lexically_normal()
                       .string();
    resource.prefix = keys::clean(prefix_override.empty() ? resource.prefix : prefix_override);
    return resource;
}

Resources load_resources(const std::string& confdir, const std::string& prefix_override) {
    Resources resources;
    const auto files = find_files(fs::path(confdir) / "conf.d");
    if (!files) {
        resources.errors.push_back(files.error());
        return resources;
    }
    Dests dests;
    for (const fs::path& file : *files) {
        auto resource = load_resource(confdir, file.string(), prefix_override);
        if (!resource)
            resources.unreadable.emplace(file.string(), resource.error().message);
        const auto taken = resource ? dests.take(*resource) : resource.error();
        if (taken)
            resources.loaded.push_back(std::move(*resource));
        else
            resources.errors.push_back(taken.error());
    }
    return resources;
}

} // namespace hitless::confd
