#include "confd/includes.hpp"

#include "hitless/base/file.hpp"
#include "hitless/base/text.hpp"

namespace hitless::confd {
namespace {

namespace fs = std::filesystem;

constexpr int deepest = 10;

} // namespace

Includes::Includes(fs::path directory, Functions functions)
    : directory_(std::move(directory)), functions_(std::move(functions)) {
    functions_["include"] =
        make_function([this](const std::string& name, Rest data) { return include(name, data); });
}

Result<std::string> Includes::include(const std::string& name, Rest data) {
    if (data.size() > 1)
        return wrong_count(2, false, data.size() + 1);
    const auto found = find(name);
    if (!found)
        return found.error();
    if (depth_ == deepest)
        return fail("'{}' is included at more than {} levels: do templates include each other?",
                    base::printable(name, 100), deepest);
    ++depth_;
    auto output = (*found)->execute(data.empty() ? Value() : data.front());
    --depth_;
    return output;
}

Result<const gotemplate::Template*> Includes::find(const std::string& name) {
    if (const auto found = templates_.find(name); found != templates_.end())
        return &found->second;
    const fs::path relative = fs::path(name).lexically_normal();
    if (name.empty() || relative.is_absolute() || *relative.begin() == "..")
        return fail("'{}' is not a path inside {}", base::printable(name, 100),
                    directory_.string());
    const auto text = base::read_file((directory_ / relative).string());
    if (!text)
        return text.error();
    auto parsed = gotemplate::Template::parse(relative.filename().string(), *text, functions_);
    if (!parsed)
        return parsed.error();
    return &templates_.emplace(name, std::move(*parsed)).first->second;
}

fs::path template_directory(const fs::path& template_file) {
    fs::path own = template_file.parent_path();
    for (fs::path at = own; at.has_filename(); at = at.parent_path()) {
        if (at.filename() == "templates")
            return at;
    }
    return own;
}

} // namespace hitless::confd
