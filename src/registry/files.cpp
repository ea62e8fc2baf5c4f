#include "registry/files.hpp"

#include "hitless/base/file.hpp"
#include "hitless/keys/keys_file.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>

namespace hitless::registry {
namespace {

namespace fs = std::filesystem;
using std::error_code;

/// As many symbolic links are followed as the kernel follows.
constexpr int most_links = 40;

bool is_hidden(const fs::path& path) {
    return path.filename().native().starts_with('.');
}

/// Calls `visit` for each directory below `directory` and each file, but hidden ones.
template <class Visit>
error_code walk(const fs::path& directory, Visit visit) {
    error_code error;
    fs::recursive_directory_iterator entry(directory, error);
    for (; !error && entry != fs::recursive_directory_iterator(); entry.increment(error)) {
        if (is_hidden(entry->path())) {
            entry.disable_recursion_pending();
            continue;
        }
        error_code ignored;
        visit(entry->path(), entry->is_directory(ignored));
    }
    return error;
}

/// The files that a setting names: itself, or those of a directory.
Result<std::vector<std::string>> files_of(const std::string& path, const std::string& filter) {
    error_code error;
    if (!fs::is_directory(path, error))
        return std::vector<std::string>(1, path);
    std::vector<std::string> files;
    error = walk(path, [&](const fs::path& found, bool is_directory) {
        if (!is_directory && keys::matches(filter, found.filename().native()))
            files.push_back(found);
    });
    if (error)
        return fail("can't list {}: {}", path, error.message());
    if (files.empty())
        return fail("{} has no file whose name matches -filter '{}'", path, filter);
    std::ranges::sort(files);
    return files;
}

} // namespace

Result<std::vector<keys::Entry>> read_files(const Settings& settings, std::string_view root) {
    std::vector<keys::Entry> all;
    for (const std::string& path : settings.files) {
        const auto files = files_of(path, settings.filter);
        if (!files)
            return files.error();
        for (const std::string& file : *files) {
            const auto text = base::read_file(file);
            if (!text)
                return text.error();
            auto entries = keys::parse_keys(*text, file);
            if (!entries)
                return entries.error();
            std::ranges::copy_if(
                std::make_move_iterator(entries->begin()), std::make_move_iterator(entries->end()),
                std::back_inserter(all),
                [&](const keys::Entry& entry) { return keys::is_within(entry.key, root); });
        }
    }
    return all;
}

Places::Places(const Settings& settings) {
    for (const std::string& path : settings.files) {
        error_code error;
        const fs::path absolute = fs::absolute(path, error);
        if (error)
            continue;
        add_way_to(absolute.lexically_normal());
        if (fs::is_directory(absolute, error))
            add_below(absolute.lexically_normal());
    }
}

/// From the root of the file system, so that no link on the way is passed over.
void Places::add_way_to(const std::string& path) {
    fs::path rest = path;
    for (int links = 0; links <= most_links; ++links) {
        fs::path at;
        for (auto part = rest.begin(); part != rest.end(); ++part) {
            const fs::path parent = at;
            at /= *part;
            error_code error;
            const bool is_link = fs::is_symlink(fs::symlink_status(at, error));
            const bool is_last = std::next(part) == rest.end();
            if (!parent.empty() && (is_link || is_last))
                names_[parent].insert(part->native());
            if (!is_link)
                continue;
            fs::path target = parent / fs::read_symlink(at, error);
            for (++part; part != rest.end(); ++part)
                target /= *part;
            at = target.lexically_normal();
            break;
        }
        if (at == rest)
            return;
        rest = at;
    }
}

void Places::add_below(const std::string& directory) {
    whole_.insert(directory);
    walk(directory, [&](const fs::path& found, bool is_directory) {
        if (is_directory)
            whole_.insert(found);
    });
}

std::vector<std::string> Places::directories() const {
    std::vector<std::string> all(whole_.begin(), whole_.end());
    for (const auto& [directory, names] : names_)
        all.push_back(directory);
    return all;
}

bool Places::matters(const std::string& directory, const std::string& name) const {
    if (whole_.contains(directory))
        return true;
    const auto found = names_.find(directory);
    return found != names_.end() && found->second.contains(name);
}

} // namespace hitless::registry
