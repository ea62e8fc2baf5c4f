#include "base/note_format.hpp"

namespace hitless::base {

Result<void> expect_same_build(int format) {
    if (format < note_format)
        return fail("an older build of hitlessd wrote it, and this program doesn't understand it: "
                    "restart hitlessd, so that the build runs that is installed, or use the "
                    "hitlessctl that came with it");
    return expect_no_newer_build(format);
}

Result<void> expect_no_newer_build(int format) {
    if (format <= note_format)
        return {};
    return fail("a newer build of hitlessd or hitlessctl wrote it, and this program doesn't "
                "understand it: install both of one build, and restart hitlessd");
}

} // namespace hitless::base
