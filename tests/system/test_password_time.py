"""A password command that never ends is given a minute. In a file of its own, since it takes that minute."""
from base import LOGIN, SystemTest, main


class PasswordTimeTest(SystemTest):
    def test_a_password_command_that_hangs_is_ended_after_a_minute_with_4(self):
        self.account.set(password_command="echo 'waiting for a finger' >&2; sleep 3000")

        result = self.sync(expect=LOGIN, timeout=90)

        self.assertIn("waiting for a finger", result.err)
        self.assertGreater(result.seconds, 50)


if __name__ == "__main__":
    main()
