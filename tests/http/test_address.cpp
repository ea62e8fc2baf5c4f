#include "http/address.hpp"
#include "support/temporary_directory.hpp"

#include <boost/asio/io_context.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sys/stat.h>

namespace hitless::http {
namespace {

namespace asio = boost::asio;
using ::testing::HasSubstr;

TEST(Address, IsAnIpWithAPortOrAPath) {
    for (const char* const text : {"127.0.0.1:9690", "[::1]:9690", "0.0.0.0:0", "[::]:80"}) {
        const auto address = parse_address(text);
        ASSERT_TRUE(address) << text;
        EXPECT_FALSE(address->is_unix());
        EXPECT_EQ(address->text, text);
    }
    const auto path = parse_address("/run/hitless/http.sock");
    ASSERT_TRUE(path);
    EXPECT_TRUE(path->is_unix());
}

TEST(Address, OfAnyOtherKindIsRefused) {
    for (const std::string text :
         {"", "9690", ":9690", "localhost:9690", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
          "127.0.0.1:70000", "::1:9690", "[127.0.0.1:80", "http.sock"})
        EXPECT_FALSE(parse_address(text)) << text;
    EXPECT_FALSE(parse_address("/" + std::string(200, 'a')));
}

TEST(Address, OfASocketThatAKilledProgramHasLeftIsTakenOver) {
    const test::TemporaryDirectory directory;
    asio::io_context context;
    const auto address = parse_address(directory / "http.sock");
    {
        auto first = listen(context.get_executor(), *address);
        ASSERT_TRUE(first) << first.error().message;
        struct stat status {};
        ASSERT_EQ(::stat(address->path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0660U);
        // Somebody listens.
        const auto second = listen(context.get_executor(), *address);
        ASSERT_FALSE(second);
        EXPECT_THAT(second.error().message, HasSubstr("another program listens there"));
    }
    EXPECT_TRUE(std::filesystem::exists(address->path)); // as after kill -9
    EXPECT_TRUE(listen(context.get_executor(), *address));
}

TEST(Address, NeverReplacesAFileThatIsNoSocket) {
    const test::TemporaryDirectory directory;
    asio::io_context context;
    const std::string file = directory.write("precious", "content");
    EXPECT_FALSE(listen(context.get_executor(), *parse_address(file)));
    EXPECT_EQ(test::read_text(file), "content");
}

TEST(Address, ThatIsTakenIsToldWithWhatToDo) {
    asio::io_context context;
    const auto first = listen(context.get_executor(), *parse_address("127.0.0.1:0"));
    ASSERT_TRUE(first);
    const std::string where = listens_at(*first, *parse_address("127.0.0.1:0"));
    EXPECT_THAT(where, ::testing::StartsWith("127.0.0.1:"));
    const auto second = listen(context.get_executor(), *parse_address(where));
    ASSERT_FALSE(second);
    EXPECT_THAT(second.error().message, HasSubstr("give it another port"));
}

} // namespace
} // namespace hitless::http
