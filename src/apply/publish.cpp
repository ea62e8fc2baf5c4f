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

Result<void> commit(base::StagedFile& staged, const PublishOptions& options) {
    if (options.about_to_write) {
        if (auto ready = options.about_to_write(); !ready)
            return ready;
    }
    return staged.commit();
}

bool has_check(const confd::Resource& resource, const PublishOptions& options) {
    return !options.sync_only && !options.noop && !resource.check_cmd.empty();
}

/// What is known, and done, before check_cmd runs.
struct Prepared {
    bool is_current = false;                ///< dest is as it is wanted
    bool is_done = false;                   ///< nothing is to be checked
    std::optional<base::StagedFile> staged; ///< to be checked, or to be kept
};

/// Blocks.
Result<Prepared> prepare(const confd::Resource& resource, std::string_view text,
                         const PublishOptions& options) {
    const bool is_checked = has_check(resource, options);
    const auto compared = is_current(resource, text);
    if (!compared)
        return compared.error();
    Prepared prepared{*compared, false, std::nullopt};
    if (prepared.is_current && !options.noop)
        base::forget_unfinished(resource.dest); // of something that is wanted no more
    prepared.is_done =
        options.noop || (prepared.is_current && !(is_checked && options.check_current));
    if (prepared.is_done && !options.keep_stage_file)
        return prepared;
    auto staged =
        base::StagedFile::create(resource.dest, text, resource.access, options.keep_stage_file);
    if (!staged)
        return staged.error();
    if (!prepared.is_done && !is_checked) {
        if (auto committed = commit(*staged, options); !committed)
            return committed.error();
        prepared.is_done = true;
        return prepared;
    }
    prepared.staged = std::move(*staged);
    return prepared;
}

/// What check_cmd says of the staged file: `refused`, or `if_accepted`.
asio::awaitable<Result<Published>> run_check(const confd::Resource& resource,
                                             const base::StagedFile& staged,
                                             const std::vector<std::string>& environment,
                                             Published::Kind if_accepted) {
    Published published{if_accepted, {}, {}};
    const auto began = std::chrono::steady_clock::now();
    auto checked = co_await confd::check(resource, staged.path(), longest_check, environment);
    published.check_took = std::chrono::steady_clock::now() - began;
    if (!checked)
        co_return checked.error();
    if (*checked) {
        published.kind = Published::Kind::refused;
        published.reason = **checked;
        published.checked_file = staged.path();
    }
    co_return published;
}

} // namespace

asio::awaitable<Result<Published>> publish(const confd::Resource& resource, std::string_view text,
                                           PublishOptions options) {
    const auto first = [&] { return prepare(resource, text, options); };
    auto prepared = co_await off_the_loop(first);
    if (!prepared)
        co_return prepared.error();
    auto& staged = prepared->staged;
    const auto kind = prepared->is_current ? Published::Kind::unchanged
                      : options.noop       ? Published::Kind::would_change
                                           : Published::Kind::written;
    if (prepared->is_done) {
        if (staged)
            keep(*staged);
        co_return Published{kind, {}, {}};
    }
    auto published = co_await run_check(resource, *staged, options.environment, kind);
    const bool is_accepted = published && published->kind != Published::Kind::refused;
    if (!is_accepted && options.keep_stage_file)
        keep(*staged);
    if (!is_accepted || prepared->is_current)
        co_return published;
    const auto last = [&] { return commit(*staged, options); };
    if (auto committed = co_await off_the_loop(last); !committed)
        co_return committed.error();
    co_return published;
}

asio::awaitable<Result<Published>> try_out(const confd::Resource& resource, std::string_view text,
                                           PublishOptions options) {
    if (!has_check(resource, options))
        co_return Published{};
    const auto stage = [&] {
        return base::StagedFile::create(resource.dest, text, resource.access);
    };
    auto staged = co_await off_the_loop(stage);
    if (!staged)
        co_return staged.error();
    co_return co_await run_check(resource, *staged, options.environment,
                                 Published::Kind::unchanged);
}

} // namespace hitless::apply
