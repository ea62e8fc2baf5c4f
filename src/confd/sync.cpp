#include "hitless/confd/sync.hpp"

#include "hitless/confd/commands.hpp"

#include <spdlog/spdlog.h>

#include <sys/stat.h>

namespace hitless::confd {
namespace {

namespace asio = boost::asio;

/// How the file that is there differs from the staged one; empty when it doesn't.
std::string difference(const std::string& destination, const std::string& staged,
                       const std::string& content) {
    struct stat present {};
    struct stat wanted {};
    if (::stat(destination.c_str(), &present) != 0)
        return "it does not exist";
    if (::stat(staged.c_str(), &wanted) != 0)
        return "the staged file is gone";
    const mode_t mode = present.st_mode & 07777U;
    const mode_t wanted_mode = wanted.st_mode & 07777U;
    if (mode != wanted_mode)
        return fmt::format("its mode is {:04o}, not {:04o}", mode, wanted_mode);
    if (present.st_uid != wanted.st_uid || present.st_gid != wanted.st_gid)
        return fmt::format("its owner is {}:{}, not {}:{}", present.st_uid, present.st_gid,
                           wanted.st_uid, wanted.st_gid);
    const auto text = base::read_file(destination);
    return text && *text == content ? "" : "its content differs";
}

} // namespace

asio::awaitable<Result<Synced>> sync(const Resource& resource, const std::string& content,
                                     SyncOptions options) {
    auto staged = base::StagedFile::create(resource.dest, content, resource.access);
    if (!staged)
        co_return staged.error();
    const std::string path = staged->path();
    if (options.keep_stage_file) {
        spdlog::info("keeping the staged file {}", path);
        staged->keep();
    }
    const std::string what = difference(resource.dest, path, content);
    if (what.empty()) {
        spdlog::debug("{} is in sync", resource.dest);
        co_return Synced::unchanged;
    }
    spdlog::info("{} is out of sync: {}", resource.dest, what);
    if (options.noop) {
        spdlog::warn("noop: {} is left as it is", resource.dest);
        co_return Synced::would_change;
    }
    if (!options.sync_only) {
        if (auto checked = co_await check(resource, path, options.limit); !checked)
            co_return checked.error();
    }
    if (options.keep_stage_file) {
        // The kept file stays beside the destination; another one takes its place.
        staged = base::StagedFile::create(resource.dest, content, resource.access);
        if (!staged)
            co_return staged.error();
    }
    if (auto committed = staged->commit(); !committed)
        co_return committed.error();
    if (!options.sync_only) {
        if (auto reloaded = co_await reload(resource, options.limit); !reloaded)
            co_return reloaded.error();
    }
    spdlog::info("{} has been updated", resource.dest);
    co_return Synced::changed;
}

} // namespace hitless::confd
