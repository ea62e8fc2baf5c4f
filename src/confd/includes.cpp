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
    functions_.at("include").keeps_traces = true;
}

Result<Value> Includes::include(const std::string& name, Rest data) {
    if (data.size() > 1)
        return wrong_count(2, false, data.size() + 1);
    const auto found = find(name);
    if (!found)
        return found.error();
    if (depth_ == deepest)
        return fail("'{}' is included at more than {} levels: do templates include each other?",
                    base::printable(name, 100), deepest);
    ++depth_;
    gotemplate::Output output = (*found)->execute(data.empty() ? Value() : data.front(), {});
    --depth_;
    if (output.failure)
        return Error{std::move(output.failure->message)};
    std::vector<gotemplate::Piece> pieces;
    pieces.reserve(output.pieces.size());
    for (const gotemplate::PrintedPiece& piece : output.pieces)
        pieces.push_back({piece.begin, piece.end, piece.source});
    return Value(std::move(output.text)).from(gotemplate::Trace(std::move(pieces)));
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
