#include "hitless/apply/publish.hpp"

#include "hitless/base/file.hpp"
#include "hitless/confd/commands.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <chrono>
#include <optional>
#include <sys/stat.h>
#include <type_traits>

namespace hitless::apply {
namespace {

namespace asio = boost::asio;

/// check_cmd of a large configuration on a busy machine takes seconds, not minutes.
constexpr std::chrono::minutes longest_check{1};

/// True when dest has the content and the access rights that are asked for.
bool is_current(const confd::Resource& resource, std::string_view text) {
    struct stat status {};
    if (::stat(resource.dest.c_str(), &status) != 0 ||
        static_cast<std::size_t>(status.st_size) != text.size())
        return false;
    const base::FileAccess& access = resource.access;
    if ((access.mode && *access.mode != (status.st_mode & 07777)) ||
        (access.uid && *access.uid != status.st_uid) ||
        (access.gid && *access.gid != status.st_gid))
        return false;
    const auto content = base::read_file(resource.dest);
    return content && *content == text;
}

/// Runs `work`, which waits for the disk, on another thread and goes on in the caller's with its
/// result.
template <class Work>
asio::awaitable<std::invoke_result_t<Work>> off_the_loop(Work work) {
    std::optional<std::invoke_result_t<Work>> result;
    co_await asio::co_spawn(
        asio::system_executor(),
        [&]() -> asio::awaitable<void> {
            result = work();
            co_return;
        },
        asio::use_awaitable);
    co_return std::move(*result);
}

} // namespace

asio::awaitable<Result<Published>> publish(const confd::Resource& resource, std::string_view text,
                                           PublishOptions options) {
    if (co_await off_the_loop([&] { return is_current(resource, text); }))
        co_return Published{};
    auto staged = co_await off_the_loop(
        [&] { return base::StagedFile::create(resource.dest, text, resource.access); });
    if (!staged)
        co_return staged.error();
    if (!options.sync_only) {
        auto checked = co_await confd::check(resource, staged->path(), longest_check);
        if (!checked) {
            if (options.keep_stage_file)
                staged->keep();
            co_return Published{Published::Kind::refused, checked.error().message};
        }
    }
    if (auto committed = co_await off_the_loop([&] { return staged->commit(); }); !committed)
        co_return committed.error();
    co_return Published{Published::Kind::written, {}};
}

} // namespace hitless::apply
