#include "hitless/apply/publish.hpp"

#include "hitless/base/file.hpp"
#include "hitless/confd/commands.hpp"

#include "base/in_place.hpp"
#include "base/off_the_loop.hpp"

#include <spdlog/spdlog.h>

#include <chrono>
#include <sys/stat.h>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;
using base::off_the_loop;

/// check_cmd of a large configuration on a busy machine takes seconds, not minutes.
constexpr std::chrono::minutes longest_check{1};

/// True when dest has the content and the access rights that are asked for. An Error: it is no
/// regular file, or can't be read now. What can't be read isn't taken for different, which would
/// mean a reload.
Result<bool> is_current(const confd::Resource& resource, std::string_view text) {
    if (auto regular = base::expect_regular(resource.dest); !regular)
        return regular.error();
    struct stat status {};
    if (::stat(resource.dest.c_str(), &status) != 0 ||
        static_cast<std::size_t>(status.st_size) != text.size())
        return false;
    const base::FileAccess& access = resource.access;
    if ((access.mode && *access.mode != (status.st_mode & 07777)) ||
        (access.uid && *access.uid != status.st_uid) ||
        (access.gid && *access.gid != status.st_gid))
        return false;
    const auto content = base::read_if_present(resource.dest);
    if (!content)
        return content.error();
    return *content == text;
}

void keep(base::StagedFile& staged) {
    spdlog::info("kept the staged file {}", staged.path());
    staged.keep();
}

} // namespace

asio::awaitable<Result<Published>> publish(const confd::Resource& resource, std::string_view text,
                                           PublishOptions options) {
    const auto compared = co_await off_the_loop([&] { return is_current(resource, text); });
    if (!compared)
        co_return compared.error();
    const bool current = *compared;
    if (current && !options.noop)
        base::forget_unfinished(resource.dest); // of something that is wanted no more
    const bool is_done = current && (!options.check_current || options.noop);
    if (is_done && !options.keep_stage_file)
        co_return Published{};
    if (options.noop && !options.keep_stage_file)
        co_return Published{Published::Kind::would_change, {}, {}};
    auto staged = co_await off_the_loop([&] {
        return base::StagedFile::create(resource.dest, text, resource.access,
                                        options.keep_stage_file);
    });
    if (!staged)
        co_return staged.error();
    if (is_done || options.noop) {
        keep(*staged);
        co_return Published{
            current ? Published::Kind::unchanged : Published::Kind::would_change, {}, {}};
    }
    Published published{Published::Kind::written, {}, {}};
    if (!options.sync_only && !resource.check_cmd.empty()) {
        const std::string checked_file = staged->path();
        const auto began = std::chrono::steady_clock::now();
        auto checked =
            co_await confd::check(resource, staged->path(), longest_check, options.environment);
        published.check_took = std::chrono::steady_clock::now() - began;
        if ((!checked || *checked) && options.keep_stage_file)
            keep(*staged);
        if (!checked)
            co_return checked.error();
        if (*checked)
            co_return Published{Published::Kind::refused, **checked, checked_file,
                                published.check_took};
    }
    if (current) {
        published.kind = Published::Kind::unchanged;
        co_return published;
    }
    const auto commit = [&]() -> Result<void> {
        if (options.about_to_write) {
            if (auto ready = options.about_to_write(); !ready)
                return ready;
        }
        return staged->commit();
    };
    if (auto committed = co_await off_the_loop(commit); !committed)
        co_return committed.error();
    co_return published;
}

} // namespace hitless::apply
