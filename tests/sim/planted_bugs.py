"""The bugs that planted.py plants: what is broken, where, and which test must notice.

Each is a mistake that somebody could make in earnest while changing the code: a check that looks superfluous, two steps
in the other order, a case that "can't happen". The old text is as short as can be, so that changes beside it need none
here.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Test:
    """A program of the build with its arguments, or a system test (`file:Class.test`)."""
    target: str
    arguments: tuple = ()

    def command(self, build):
        if self.target == "golub":
            name, case = self.arguments
            return ["python3", name, case]
        where = "sim" if self.target.startswith(("sim_", "scenario_")) else "unit"
        return [str(build / "tests" / where / self.target), *self.arguments]

    def folder(self, tree):
        return tree / "tests/system" if self.target == "golub" else tree

    def __str__(self):
        if self.target == "golub":
            return self.arguments[0].removesuffix(".py") + " " + self.arguments[1].split(".")[-1]
        if self.target == "sim_golub":
            return "histories"
        if self.target == "sim_import":
            return "histories of an import"
        return self.target


# Seeds whose broken law is an open question tell nothing about a bug.
OPEN = {"sim_golub": ("--except", "tests/sim/open_questions.txt"),
        "sim_import": ("--except", "tests/sim/open_questions_import.txt")}

SIMULATED = ("sync/", "store/journal/", "store/base/")  # what the simulator runs as it is; the rest it stands in for


@dataclass(frozen=True)
class Bug:
    name: str
    test: Test
    changes: tuple  # of (file, old text, new text)
    mail: bool = True  # it changes what happens to mail, not only what is said of it, or when

    def is_simulated(self):
        return all(name.startswith(SIMULATED) for name, _, _ in self.changes)

    def histories(self, count):
        """The simulator that runs this code, from the first seed on, without making a broken history shorter."""
        program = "sim_import" if self.name.startswith("import:") else "sim_golub"
        return Test(program, ("--first", "1", "--count", str(count), "--actions", "20", "--skip", "",
                              *OPEN[program]))


def bug(name, test, *changes):
    return Bug(name, test, changes)


def said(name, test, *changes):
    """A bug that changes what people are told, what a refusal says, or how often something is asked for: no mail."""
    return Bug(name, test, changes, mail=False)


def unit(program):
    return Test(program)


def system(name, case):
    return Test("golub", (name, case))


# Only for what many of these seeds meet: a history is another one as soon as the engine asks its stores for anything
# else. No time is spent on making a broken one shorter (--skip).
HISTORIES = Test("sim_golub", ("--first", "1", "--count", "300", "--actions", "20", "--skip", "", *OPEN["sim_golub"]))

IMPORTS = Test("sim_import", ("--first", "1", "--count", "600", "--actions", "20", "--skip", "", *OPEN["sim_import"]))

BROKEN = Test("scenario_broken")
CROSSING = Test("scenario_crossing")
MEANWHILE = Test("scenario_meanwhile")
FILES = Test("scenario_files")
REMOVALS = Test("scenario_removals")
SITUATION = Test("scenario_situation")
LACKING = Test("scenario_lacking")
PAIRING = Test("scenario_pairing")
CLOCK = Test("scenario_clock")


def SITUATIONS(name):
    return system("test_situations.py", "UidvalidityTest.test_" + name)


def ONES(name):
    return system("test_import_uidl.py", "SameOnesTest.test_" + name)


def ELSEWHERE(name):
    return system("test_situations.py", "ElsewhereTest.test_" + name)



BUGS = [
    # ---- what is durable when ----
    bug("row committed before the file is durable", HISTORIES,
        ("sync/apply_down.c",
         "ok = run->local.ops->deliver(run->local.self, items, count, &run->err) && run_begin(run);",
         "for (size_t i = 0; i < count; i++) {\n"
         "        items[i].ok = true;\n"
         "        local_info_fresh(items[i].flags, items[i].info);\n"
         "    }\n"
         "    ok = run_begin(run);"),
        ("sync/apply_down.c", "ok = situation_mark_commit(run) && run_commit(run);",
         "ok = situation_mark_commit(run) && run_commit(run) && "
         "run->local.ops->deliver(run->local.self, items, count, &run->err);")),
    bug("flags committed before the rename", HISTORIES,
        ("sync/apply_flags.c",
         "&& run->local.ops->rename(run->local.self, batch->items, batch->count, &run->err) &&", "&&"),
        ("sync/apply_flags.c",
         "if (batch->items[i].missing) {", "batch->items[i].ok = true;\n        if (batch->items[i].missing) {"),
        ("sync/apply_flags.c",
         "batch->count = 0;\n    if (ok)\n        return situation_mark_commit(run) && run_commit(run);",
         "size_t count = batch->count;\n    batch->count = 0;\n    if (ok)\n"
         "        return situation_mark_commit(run) && "
         "run_commit(run) && run->local.ops->rename(run->local.self, batch->items, count, &run->err);")),
    bug("message not flushed before it gets its name", unit("test_maildir_deliver"),
        ("store/maildir/deliver.c", "done = flush_data(maildir, items, count, err) &&", "done =")),
    bug("directory not flushed after a delivery", unit("test_maildir_deliver"),
        ("store/maildir/deliver.c", "done = folder_flush(maildir, err) && done;", "")),
    bug("directory not flushed after a change of flags", unit("test_maildir_change"),
        ("store/maildir/folder.c", "done = flush_directory(maildir, folder, SUB_CUR, err) && done;", "")),
    bug("upload without an intent", BROKEN,
        ("sync/apply_up.c",
         "(known ? journal_op_save(run->journal, op, &run->err) : journal_op_add(run->journal, op, &run->err))",
         "(known || true)")),
    bug("move without an intent", BROKEN,
        ("sync/apply_move.c",
         "(known != 0 ? journal_op_save(run->journal, &transfer->op, &run->err)\n"
         "                               : journal_op_add(run->journal, &transfer->op, &run->err))",
         "(known || true)")),
    bug("removal there without an intent", BROKEN,
        ("sync/apply_remove.c", "ok = journal_op_add(run->journal, &op, &run->err);", "(void)op;")),
    bug("own \\Deleted of a removal that was cut off left where the file is still gone", BROKEN,
        ("sync/recover.c", "if (!run->dry)\n        back->marks",
         "if (!run->dry && (message->facts & FACT_GONE_HERE) == 0)\n        back->marks")),
    bug("own \\Deleted of a removal that was cut off forgotten with its mailbox", BROKEN,
        ("sync/unfinished.c", "return journal_op_add(run->journal, &mark, &run->err);", "return true;")),
    bug("what is under way forgotten with its mailbox", Test("scenario_late"),
        ("sync/unfinished.c", "return journal_op_add(run->journal, &sent, &run->err);", "return true;")),
    bug("OK of a STORE that takes our own \\Deleted off believed", BROKEN,
        ("sync/unfinished.c", "if (!marks->at[first + i].stands &&\n            !journal_op_delete", "if (!journal_op_delete")),
    bug("index of the quarantine not finished where a mailbox is forgotten", BROKEN,
        ("sync/unfinished.c", "return unfinished_index(run, mailbox, op, message, &done);", "return true;")),
    bug("removal here without an intent", BROKEN,
        ("sync/apply_remove.c", "ok = journal_op_add(run->journal, op, &run->err);", "")),
    bug("second file of one name quarantined without an intent", BROKEN,
        ("sync/twins.c", "ok = journal_op_add(run->journal, op, &run->err);", "")),
    bug("intent of a move lost with its source", BROKEN,
        ("store/journal/messages.c", "(message = ?1 AND target = 0)", "message = ?1")),
    bug("room on the disk not looked for", BROKEN,
        ("sync/apply_down.c", "if (space >= room + reserve)", "if (space >= room)")),
    said("refused file never asked about again", MEANWHILE,
        ("sync/observe_refused.c", "print.seconds == message->date", "print.seconds != 0")),
    said("refused removal asked for in each pass", MEANWHILE,
        ("sync/apply_remove.c", "    mailbox->stuck = true;\n", "")),
    bug("no settle time after a lost answer", BROKEN,
        ("sync/apply_up.c", "(op->seen != 0 ? op->seen : op->since) >= wait", "(op->seen != 0 ? op->seen : op->since) >= 0")),
    bug("mark written after the commit", HISTORIES,
        ("sync/situation.c",
         "announce(run) &&\n                        run->local.ops->write_mark(run->local.self, &run->mark, &run->err);",
         "announce(run);"),
        ("sync/engine.c", "close_mark(&run);\n",
         "close_mark(&run);\n    if (run.mark_written)\n"
         "        ok = run.local.ops->write_mark(run.local.self, &run.mark, &run.err) && ok;\n")),
    bug("mark not announced in the journal", BROKEN,
        ("sync/situation.c", "announce(run) &&\n                        run->local.ops->write_mark", "run->local.ops->write_mark")),

    # ---- what is absent ----
    bug("no second look at the server", MEANWHILE,
        ("sync/engine.c", "for (int i = 0; run->vanished && i < LOOKS_MAX; i++) {", "for (int i = 0; i < 0; i++) {")),
    bug("no second listing before a file counts as gone", MEANWHILE,
        ("sync/observe_local.c", "ok = read_again(&looks[i]);", "ok = true;")),
    bug("gone in an unstable listing counts as deleted", MEANWHILE,
        ("sync/observe_local.c", "(looks[i].stable || run->pair_all)", "true")),
    bug("folder that changed after its listing not listed again", MEANWHILE,
        ("sync/observe_local.c", "ok = read_changed(&looks[i]);", "ok = true;")),
    bug("cursor advanced before the listing is complete", BROKEN,
        ("sync/observe_remote.c", "row->permanent = selected->permanent;\n    return true;",
         "row->permanent = selected->permanent;\n    row->modseq = selected->modseq;\n"
         "    row->uidnext = selected->uidnext;\n"
         "    return journal_mailbox_save(run->journal, row, &run->err);")),
    bug("listing not compared with the server's count", unit("test_imap_remote"),
        ("store/imap/observe.c", "observing->counted != selection->exists", "false")),
    bug("rows not compared with the server's count", HISTORIES,
        ("sync/observe_remote.c", "have != sight->selected.exists", "false")),
    bug("restored server trusted in its deltas", BROKEN,
        ("sync/engine.c", "!run->went_back || run->no_deltas", "true"),
        ("sync/survey.c", "row->past || ", "")),
    bug("what the other mailboxes of a restored server lack counts as removed", BROKEN,
        ("sync/missing.c", "mailbox->row.past = true;\n", "")),
    bug("UID that is not given yet no sign of a restored server", BROKEN,
        ("sync/observe_remote.c", "*ahead = found && (message.facts & (FACT_ECHO | FACT_COPIED)) != 0;", "")),
    bug("UIDNEXT that lags behind taken for a restored server", BROKEN,
        ("sync/observe_remote.c", "*ahead = found && (message.facts & (FACT_ECHO | FACT_COPIED)) != 0;", "*ahead = found;")),
    bug("list without INBOX believed", unit("test_imap_remote"),
        ("store/imap/survey.c", "if (inbox == NULL || !inbox->listed) {", "if (false) {")),

    bug("place that a message moved to taken for another origin of its file",
        system("test_policy.py",
               "PolicyTest.test_what_moved_there_and_got_another_name_here_is_not_sent_again_after_a_push"),
        ("sync/moves.c", "found && (message.base[0] != '\\0' || ", "found && (true || ")),
    bug("what was sent and moved on there sent again where its file may not follow",
        system("test_files.py",
               "UnansweredTest.test_what_moved_on_there_stays_here_where_nothing_may_follow_and_is_not_sent_again"),
        ("sync/moves.c", "return agenda_settle_sent(run, from);", "return true;")),
    bug("what was sent looked for only where a run over some mailboxes looks",
        system("test_files.py",
               "UnansweredTest.test_a_run_for_one_mailbox_does_not_send_again_what_moved_on_to_another"),
        ("sync/wanted.c", "            check_sent(run, todo, &look);\n", "            (void)check_sent;\n")),
    bug("draft that is gone when its bytes are asked for an error",
        system("test_files.py", "GoneTest.test_a_draft_that_is_gone_when_its_bytes_are_asked_for_is_no_error"),
        ("sync/moved_bodies.c", "mailbox->stirred = mailbox->stirred || probes[i].doubt;", "")),
    bug("what was sent and moved on there before it was seen sent again",
        system("test_files.py", "UnansweredTest.test_what_moved_on_there_before_it_was_seen_is_there_once"),
        ("sync/moves.c", "(!todo->fresh || todo->unanswered)", "!todo->fresh")),
    bug("what never arrived taken for moved on", unit("scenario_pairing"),
        ("sync/unanswered.c", "*perhaps = (uint64_t)op->uidnext + known < row->uidnext;", "(void)known;")),
    bug("patterns that choose nothing leave everything out",
        system("test_policy.py", "PolicyTest.test_patterns_that_choose_nothing_are_2_and_nothing_is_forgotten"),
        ("sync/survey.c",
         "    if (run->count != 0 && !any_chosen(run)) {\n",
         "    if (run->count == 0 && !any_chosen(run)) {\n")),
    bug("what is new in a mailbox whose folder is away sent again", Test("scenario_away"),
        ("sync/run.c", "|| mailbox->uidnext > mailbox->row.uidnext", "")),
    bug("what moves on in the run that sees its first place again stands for nothing", Test("scenario_away"),
        ("sync/missing.c", "return agenda->todos[i].partner != 0 || agenda->todos[i].elsewhere != 0;", "return false;")),
    bug("of equal ones the one that left first moves on", Test("scenario_away"),
        ("sync/pair.c", "return a->left ? 1 : -1;", "return a->left ? -1 : 1;")),
    bug("rows of a mailbox outside the patterns believed when it comes back",
        system("test_policy.py", "PolicyTest.test_a_mailbox_that_comes_back_into_the_patterns_is_met_for_the_first_time"),
        ("sync/survey.c", "    if (row->id == 0)\n        return true;\n    if (!unfinished_forget(run, mailbox))",
         "    if (true)\n        return true;\n    if (!unfinished_forget(run, mailbox))")),

    # ---- who is who ----
    bug("UIDVALIDITY of a listing not compared", BROKEN,
        ("sync/observe_remote.c", "row->uidvalidity != 0 && selected->uidvalidity != row->uidvalidity", "false")),
    bug("UIDVALIDITY not compared before an expunge", unit("test_imap_change"),
        ("store/imap/select.c", "uidvalidity != 0 && selection->uidvalidity != uidvalidity", "false")),
    bug("repair that keeps the UIDs", HISTORIES,
        ("sync/missing.c", "message->uid = 0;\n", "")),
    bug("flags that went with the UIDs taken for changes", SITUATIONS("flags_that_the_server_lost_with_its_uids_are_set_there_again"),
        ("sync/meeting.c", "lost > kept && f <", "false && f <")),
    bug("one message with flags speaks for a mailbox that lost them", PAIRING,
        ("sync/meeting.c", "lost > kept && f <", "lost != 0 && kept == 0 && f <")),
    bug("bases of the old UID kept under the new one", PAIRING,
        ("sync/meeting.c", "~(message->rbase ^ message->lbase)", "~0u")),
    bug("file removed although what it may have become can't be read", unit("scenario_bodies"),
        ("sync/moves.c", " && hold_unread(run, agenda)", " && (true || hold_unread(run, agenda))")),
    bug("body that comes short once while a move is sought believed", unit("scenario_bodies"),
        ("sync/moves.c", ".size = fresh[f].claimed}", ".size = fresh[f].size}")),
    bug("new name believed of a listing that can't tell that the old one is gone", unit("scenario_crossing"),
        ("sync/observe_local.c", "            looks[i].undecided = true;\n", "            continue;\n")),
    bug("beginning of a file that comes twice taken for another message", unit("scenario_bodies"),
        ("sync/identify.c", "uid->part = uid->doubt =", "uid->part = uid->doubt = false &&")),
    bug("unreadable body stops its whole mailbox", unit("scenario_bodies"),
        ("sync/probe.c", "    run->no_removals_here = true;\n",
         "    run->mailboxes[probing->probes[probing->first[index]]->mailbox].unsure = run->no_removals_here = true;\n")),
    bug("what comes again taken for where another one has moved", PAIRING,
        ("sync/moves.c", "todo->fresh && !todo->again", "todo->fresh")),
    bug("what a restored server lacks taken for moved", PAIRING,
        ("sync/moves.c", "if (run->restored && run->mailboxes", "if (false && run->mailboxes")),
    bug("what was sent leaves its UID to an equal file", PAIRING,
        ("sync/identify.c", "for (size_t u = 0; files[f]->intent && !files[f]->paired", "for (size_t u = 0; false")),
    bug("APPEND that was not answered counts as accepted", PAIRING,
        ("sync/apply_up.c", "    op->since = run_now(run);\n", "    op->since = run_now(run);\n    op->attempt++;\n")),
    bug("names of a restored Maildir are of the past at each look", PAIRING,
        ("sync/observe_local.c", "look->mailbox->named ||", "")),
    bug("what a run that was cut off read of a restored Maildir forgotten", PAIRING,
        ("sync/situation.c", "run->past_known = read != NULL && strcmp(read, now) == 0;", "run->past_known = false;")),
    bug("what the server can't hold taken off in a restored Maildir", PAIRING,
        ("sync/observe_local.c", "message->rbase = message->lseen & held;", "message->rbase = message->lseen;")),
    bug("old UID of a draft removed although another file is that message", PAIRING,
        ("sync/edited.c", "(gone ? alias_lose_uid(run, old) : alias_hand_over(run, old, message, &stays)) &&", "")),
    bug("old version of a draft forgets which one is new", unit("scenario_files"),
        ("sync/behind.c", "    if (count != 0)\n        return true;\n", "")),
    bug("second file of a UID forgets whose it is under another UIDVALIDITY", PAIRING,
        ("sync/missing.c", "if ((message->facts & FACT_ALIAS) != 0 && message->twin != 0)", "if (false)")),
    bug("file that was changed moved as the message", PAIRING,
        ("sync/apply_move_here.c", "*intact = !from->has_wire ||", "*intact = true ||")),
    bug("comparison ends with the next run, however soon that is", FILES,
        ("sync/edited.c", "run_now(run) <= look->print.since + SETTLE_S)", "false)")),
    bug("draft that is saved again while it moves not looked at in its new place", FILES,
        ("sync/edited.c", "return !found || journal_print_set(run->journal, &print, &run->err);", "return true;")),
    bug("what may stand in a folder that is away taken for moved", PAIRING,
        ("sync/missing.c", "!is_seen(run_mailbox_by_id(run, other->mailbox))", "false")),
    bug("mailbox whose folder is away counts as seen, whatever it is now", PAIRING,
        ("sync/run.c", "mailbox->has_status && mailbox->uidvalidity != mailbox->row.uidvalidity", "false")),
    bug("listing under an old UIDVALIDITY given up", PAIRING,
        ("sync/observe_remote.c", "(sight->request.full && !is_renumbered(sight))", "sight->request.full")),
    bug("what is left of a move that was cut off sent again", PAIRING,
        ("sync/apply_move_here.c", "if ((from->facts & FACT_UNPAIRED) != 0) {", "if (false) {")),
    bug("file that came in a run that was cut off taken for one that was here", PAIRING,
        ("sync/behind.c", "run->arrived[run->arrived_count++] = file->id;", "")),
    bug("mailbox that goes under a new name meanwhile not asked for", CROSSING,
        ("sync/observe_remote.c", "run->vanished = true;         /* and may be", "/* and may be")),
    bug("missing mail sent although a mailbox was made meanwhile", CROSSING,
        ("sync/missing.c", "if (run->grown_there)", "if (false)")),
    bug("folder under a new name taken for a copy", ELSEWHERE("folders_that_change_their_names_here_are_no_copies"),
        ("sync/place.c", "return *is != NULL || away;", "return false;")),
    bug("what got its other half while a mailbox was away taken for old",
        ELSEWHERE("what_was_known_before_its_folder_was_away_and_came_meanwhile_is_moved"),
        ("sync/behind.c", "run_begin(run) && renew_halves(run);", "run_begin(run) && (true || renew_halves(run));")),
    bug("removal that waited forgotten with its UID", SITUATIONS("removals_that_wait_for_a_word_still_wait_under_another_uidvalidity"),
        ("sync/missing.c", "if (removed && waits)\n        return lose_uid", "if (false)\n        return lose_uid")),
    bug("removal that was begun forgotten with its UID", unit("scenario_broken"),
        ("sync/missing.c", "*waits = found && op.kind == OP_REMOVE_REMOTE;", "")),
    bug("own \\Deleted of a removal that was cut off given to the file that is back", unit("scenario_broken"),
        ("sync/meeting.c", "    message->rbase |= mark;\n    message->lbase |= mark;\n", "    (void)mark;\n")),
    bug("mailbox that is being filled added to", SITUATIONS("mail_is_not_doubled_while_the_provider_fills_a_mailbox_again"),
        ("sync/missing.c", "if (filling == FILLING_WAITS)\n        return wait_for", "if (false)\n        return wait_for")),
    bug("what moved out of a mailbox that is being filled sent at once", PAIRING,
        ("sync/moves.c", "from->elsewhere = from->unpaired ? to->id : 0;", "")),
    bug("missing mail sent before all mailboxes were seen",
        ELSEWHERE("a_run_for_one_mailbox_does_not_send_what_another_one_may_have"),
        ("sync/missing.c", "if (settling->unseen != NULL)\n        return wait_for_unseen", "if (false)\n        return wait_for_unseen")),
    bug("body not read before a removal rests on a header",
        system("test_situations.py",
               "HeaderTest.test_before_a_removal_rests_on_a_header_the_body_is_read_and_other_mail_stays"),
        ("sync/engine.c", "agenda_guard(run, &agenda) && proof_read(run, &agenda, true) &&", "agenda_guard(run, &agenda) &&")),
    bug("header of a draft taken for a proof",
        system("test_situations.py", "HeaderTest.test_in_drafts_a_header_proves_nothing"),
        ("sync/meeting.c", "uid->telling = !drafts &&", "uid->telling =")),
    bug("what is missing held although the number of it moves", SITUATIONS("mail_is_not_doubled_while_the_provider_fills_a_mailbox_again"),
        ("sync/missing.c", "if (run->now - row->missing_since < FILLING_STILL)", "if (false)")),
    bug("what left while its mailbox was away not remembered",
        ELSEWHERE("what_moved_while_its_folder_was_away_is_moved_and_what_was_removed_comes_again"),
        ("sync/survey.c", "mailbox->row.behind = run->first_id;", "mailbox->row.behind = 0;")),
    bug("pairs ignore how many there are", unit("test_pair"),
        ("sync/pair.c", "taken[g] = true;", "")),
    bug("equal header taken for equal message", HISTORIES,
        ("sync/identify.c",
         "if (file_count != 1 || uid_count != 1 || files[0]->paired || uids[0]->paired || !uids[0]->telling)",
         "if (files[0]->paired || uids[0]->paired)"),
        ("sync/identify.c", "return files[0]->size != uids[0]->size || join", "return join")),
    bug("APPENDUID below UIDNEXT believed", unit("test_imap_change"),
        ("store/imap/append.c", "uid <= last || uid < appending->messages[command->first + i].uidnext", "uid <= last")),
    bug("COPYUID believed of messages that look alike", CROSSING,
        ("sync/apply_move.c", "differ && k < end", "false && k < end")),
    bug("messages that look alike sent in one command", unit("test_imap_change"),
        ("store/imap/append.c", "if (appending->messages[i].size == message->size &&", "if (false && appending->messages[i].size == message->size &&")),
    bug("APPENDUID of another message believed", CROSSING,
        ("sync/said_uid.c", "if (shown.date == message->date) {", "if (true) {")),
    said("dots of a folder's name not escaped", unit("test_names"),
        ("sync/names.c", "return layout == LAYOUT_MAILDIRPP || i == 0", "return i == 0")),

    # ---- removals ----
    bug("removals before adds and moves",
        system("test_changes.py", "UpTest.test_a_move_that_keeps_the_base_name_is_a_move_there_without_the_bytes"),
        ("sync/engine.c", "ok = plan(run, &agenda) && apply(run, &agenda, &did);",
         "ok = agenda_make(run, &agenda) && agenda_guard(run, &agenda) && apply_removals_here(run, &agenda, &did) &&\n"
         "         apply_removals_there(run, &agenda, &did) && agenda_moves(run, &agenda) && "
         "apply(run, &agenda, &did);")),
    bug("removal of a moved message before its add", MEANWHILE,
        ("sync/moves.c", "from->partner = to->id;", "")),
    bug("removal although the folder could not be read", MEANWHILE,
        ("sync/apply_remove.c", "run->no_removals || run->no_removals_there ||", "run->no_removals ||")),
    bug("journal and Maildir of two runs not paired first", HISTORIES,
        ("sync/situation.c", "run->pair_all = true;\n    run->no_removals = true;", "run->no_removals = true;")),
    bug("nonce of a run ignored", REMOVALS,
        ("sync/situation.c", "run->mark.run == number && strcmp(run->mark.nonce, nonce) == 0;", "run->mark.run == number;")),
    bug("date of a victim not compared again", REMOVALS,
        ("sync/apply_remove.c", "(now->size != message->size || now->date != message->date)",
         "now->size != message->size")),
    bug("what an answer left out before its removal counts as gone",
        system("test_hostile.py", "AnswersTest.test_what_an_answer_left_out_is_not_gone"),
        ("sync/apply_remove.c", "    if (outcome->ok) {\n        expunging->did = true;",
         "    if (outcome->ok || outcome->gone) {\n        expunging->did = true;")),
    bug("removal although something could not be fetched", REMOVALS,
        ("sync/apply_down.c", "    run->no_removals = true;\n    run_complain(", "    run_complain(")),
    bug("removal here although a mailbox could not be read", REMOVALS,
        ("sync/apply_remove.c", "if (run->no_removals || run->no_removals_here)", "if (run->no_removals)")),
    bug("flags of a victim not compared again", MEANWHILE,
        ("sync/apply_remove.c", "return !now->has_flags || now->flags == message->rseen;", "return true;")),
    bug("victims removed whatever the second reading says", unit("test_imap_change"),
        ("store/imap/change_answers.c",
         "item->allowed = allowed && (first || item->allowed);", "item->allowed = true;")),
    bug("OK of EXPUNGE taken for a proof", unit("test_imap_change"),
        ("store/imap/change_answers.c", "if (job->proven && item->present)\n        return;", "")),
    bug("others' \\Deleted expunged along", unit("test_imap_change"),
        ("store/imap/change_answers.c", "changing->ending->only_ours = false;", ";")),
    bug("unlink instead of the quarantine", unit("test_maildir_change"),
        ("store/maildir/quarantine.c",
         "if (!io_move(taken->dir, taken->name, maildir->quarantine, name))\n        return errno;",
         "if (unlinkat(taken->dir, taken->name, 0) != 0)\n        return errno;\n    return 0;")),
    bug("what the rename to the quarantine took not looked at", unit("test_maildir_quarantine"),
        ("store/maildir/quarantine.c",
         "fstatat(maildir->quarantine, name, &now, AT_SYMLINK_NOFOLLOW) == 0 && io_unchanged(&taken->st, &now))",
         "((void)now, true))")),
    bug("quarantine not flushed before the source is unlinked", unit("test_maildir_quarantine"),
        ("store/maildir/quarantine.c", "    done = done && flush_quarantine(maildir, err);\n", "")),
    bug("changed file removed with its message", unit("test_maildir_change"),
        ("store/maildir/quarantine.c",
         "item->altered = memcmp(digests.wire, item->wire, DIGEST_SIZE) != 0;",
         "item->altered = false;")),
    bug("mark of another state folder taken for one's own", SITUATION,
        ("sync/identity.c", "        if (!ours) {", "        if (false) {")),
    bug("mark that was taken over keeps the name of the lost state folder", SITUATION,
        ("sync/situation.c", "(remember(run, server) && identity_adopt(run))", "remember(run, server)")),
    bug("state folder that died while it took over refused", SITUATION,
        ("sync/identity.c", "journal_set(run->journal, \"state-before\", mark->state, &run->err));", "true);")),
    bug("lock is a file alone", system("test_state.py", "StateTest.test_a_lock_that_is_removed_while_a_run_works_lets_nobody_in"),
        ("sync/account.c", "take_lock(account, account->state, O_RDONLY | O_DIRECTORY, dry, &locks[LOCK_FOLDER], err) &&",
         ""),
        ("store/maildir/tree.c", "if (maildir->settings.exclusive && !lock_root(maildir, err))", "if (false)")),
    bug("root of the Maildir not locked", system("test_state.py",
                                                 "StateTest.test_another_state_folder_waits_while_a_run_works_in_the_maildir"),
        ("store/maildir/tree.c", "if (maildir->settings.exclusive && !lock_root(maildir, err))", "if (false)")),
    said("status takes the journal for unchanging", unit("test_journal_read"),
        ("store/journal/journal.c", "!source_open_beside(journal, missing, err)", "!source_open(journal, missing, err)")),
    bug("removals of a copied tree not held", SITUATION,
        ("sync/hold.c", "        run->mailboxes[todo->mailbox].copied)\n", "        false)\n")),
    bug("what a copied folder lacks taken for moved", LACKING,
        ("sync/moves.c", "role != GONE_HERE || by != BY_WIRE || hold_is_doubted(run, todo->mailbox, todo->id, excluded)", "true")),
    bug("what is held since its folder was copied taken for moved later", LACKING,
        ("sync/hold.c", "    *doubted = reason == HOLD_COPIED;", "    *doubted = false;")),
    bug("flag of what a copied folder lacks given to its twin", LACKING,
        ("sync/wanted.c", "        if (doubted)\n            return true;\n", "")),
    bug("what `expunge` removes taken for moved", LACKING,
        ("sync/moves.c", "(verb == PLAN_REMOVE_THERE && !todo->marked)", "verb == PLAN_REMOVE_THERE")),
    bug("change that went to a twin forgotten where the file comes back", LACKING,
        ("sync/observe_local.c", "    take_back(look, &message);\n", "")),
    bug("births not compared", SITUATION,
        ("sync/place.c", "    return *changes == 1;", "    return false;")),
    bug("times of a folder not stored with what golub wrote", SITUATION,
        ("sync/run.c", "if (!run->touched || place_note(run))", "if (true)")),
    bug("folder whose time went back not doubted", SITUATION,
        ("sync/place.c", "stamp->cur_changed < is->cur_changed || stamp->new_changed < is->new_changed", "false")),
    bug("doubt about a folder not in the journal", SITUATION,
        ("store/journal/places.c", "bind_integer(&to, place->doubted);", "bind_integer(&to, 0);")),
    bug("births that change by themselves believed", SITUATION,
        ("sync/place.c", "    return *changes == 1;", "    return *changes != 0;")),
    bug("names that a power cut took counted as removed", SITUATION,
        ("sync/flushed.c", "return is_among(run->doubtful, run->doubtful_count, message);", "return false;")),
    bug("names that were given without a flush not noted", SITUATION,
        ("sync/flushed.c", "return run->account->fsync ||", "return true ||")),
    bug("flags that a power cut took counted as taken off", SITUATION,
        ("sync/observe_local.c", "    flushed_doubt_flags(look->run, &message);\n", "")),
    bug("earlier names of this boot never flushed", SITUATION,
        ("sync/flushed.c", "ok = count == 0 || run->dry || flush_this_boot(run);", "ok = true;")),
    bug("days counted by the clock of one run", CLOCK,
        ("sync/age.c", "(gap < AGE_GAP_MAX ? gap : AGE_GAP_MAX)", "gap")),
    bug("clock that was back for a run counted when it is right again", unit("test_age"),
        ("sync/age.c", "now.reached = larger(last->reached, last->clock - last->rest);", "now.reached = 0;")),
    bug("what is quarantined dated by the clock", CLOCK,
        ("sync/run.c", ".counted = age_stamp(&run->age.now)", ".counted = run->now")),
    bug("clock that is back again and again believed on its way forward", unit("test_age"),
        ("sync/age.c", "now.high = larger(last->high, last->clock);", "now.high = 0;")),
    bug("intent whose time can't be right taken for over", CLOCK,
        ("sync/recover.c", "op->seen = run->now;", "")),
    bug("found names not flushed before they have rows", SITUATION,
        ("sync/observe_local.c", "situation_know_past(run) && flush_found(run, looks)",
         "(flush_found != NULL) && situation_know_past(run)")),
    bug("found names that can't be flushed get rows", BROKEN,
        ("sync/observe_local.c", "return !found || run->dry || run->local.ops->flush(run->local.self, &run->err);",
         "struct error ignored;\n\n    return !found || run->dry || run->local.ops->flush(run->local.self, &ignored) || true;")),
    bug("mark that the user made after a power cut taken off", SITUATION,
        ("sync/flushed.c", "if (is_among(run->undeleted, run->undeleted_count, message->id))", "")),
    bug("quarantine days counted as hours", CLOCK,
        ("sync/age.c", "(days > DAYS_MAX ? DAYS_MAX : days) * AGE_DAY", "(days > DAYS_MAX ? DAYS_MAX : days) * 3600")),
    bug("what was flagged comes back although it only moved",
        system("test_policy.py", "PolicyTest.test_what_is_flagged_here_and_moved_there_is_not_sent_again_without_pull_deletes"),
        ("sync/wanted.c", "    if (found)\n        return give(wanting, todo, here);", "")),
    bug("what was flagged comes back though not all was looked at",
        system("test_policy.py",
               "PolicyTest.test_what_is_flagged_here_and_moved_there_is_not_sent_again_by_a_run_for_one_mailbox"),
        ("sync/wanted.c", "if (here && run_unseen(run) != NULL) {", "if (false) {")),
    bug("mailbox made behind the survey not noticed", CROSSING,
        ("sync/survey.c", "if (!run->grown_there && survey_is_grown(run, listed, name))", "if (false)")),
    bug("folder made behind the survey not noticed", CROSSING,
        ("sync/observe_local.c", "(!any || survey_folders_again(run))", "true")),
    said("message that was moved to two places not named",
        system("test_changes.py", "BothTest.test_moved_to_different_mailboxes_nothing_is_lost"),
        ("sync/two_places.c", "if (ok && two->found != 0)", "if (false)")),
    bug("survivor that was flagged is removed", unit("test_plan"),
        ("sync/plan.c", "return (gained & FLAG_FLAGGED) != 0 ||", "return")),
    bug("name that is taken is overwritten", unit("test_maildir_change"),
        ("store/maildir/io.c", "RENAME_NOREPLACE", "0")),

    # ---- the guard ----
    bug("guard off by one", unit("test_guard"),
        ("sync/guard.c", "count->removals > GUARD_MAILBOX_MIN", "count->removals >= GUARD_MAILBOX_MIN")),
    bug("guard counts moves", system("test_guard.py", "GuardTest.test_moves_are_no_removals"),
        ("sync/engine.c", "ok = plan(run, &agenda) && apply(run, &agenda, &did);",
         "ok = agenda_make(run, &agenda) && agenda_guard(run, &agenda) && agenda_moves(run, &agenda) && "
         "apply(run, &agenda, &did);")),
    bug("held removal forgotten by the next run",
        system("test_guard.py", "GuardTest.test_what_is_held_stays_held_until_the_word_comes"),
        ("sync/hold.c",
         "todo->dropped = true;",
         "todo->dropped = true;\n        message.facts &= ~(unsigned)(FACT_GONE_HERE | FACT_GONE_THERE);\n"
         "        if (!journal_message_save(run->journal, &message, &run->err))\n            return false;")),
    bug("released is what the run itself came to hold",
        system("test_guard.py", "GuardTest.test_the_word_lets_nothing_go_that_was_removed_since"),
        ("sync/hold.c", "ok = ok && judge(&verdict);",
         "free(run->released);\n    run->released = NULL;\n    run->released_count = 0;\n"
         "    ok = ok && hold_release(run) && judge(&verdict);")),
    bug("ID of one list releases another",
        system("test_guard.py", "GuardTest.test_the_id_lets_nothing_of_another_list_go"),
        ("sync/hold.c", "HOLD_REMOVALS, list, &ids,", "HOLD_REMOVALS, NULL, &ids,")),
    bug("mail that arrives releases what is held",
        system("test_guard.py", "GuardTest.test_mail_that_arrives_lets_nothing_go_that_is_held"),
        ("sync/hold.c", "run->account->policy.guard && !held_before(", "false && !held_before(")),
    bug("lists forgotten when a longer one is made", unit("test_journal_waiting"),
        ("store/journal/schema.c", "PRIMARY KEY (message, list)", "PRIMARY KEY (message)")),
    bug("twins that go together not counted",
        system("test_guard.py", "GuardTest.test_twins_that_go_together_are_held"),
        ("sync/hold.c", "(FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) == 0 && !marked;",
         "(FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) == 0;")),
    bug("twin in a mailbox that was not looked at counts as one that stays",
        system("test_guard.py", "GuardTest.test_a_twin_in_a_mailbox_that_was_not_looked_at_is_no_twin"),
        ("sync/hold.c", "!run_is_unseen(mailbox) && !mailbox->unread", "!mailbox->unread")),
    bug("twin that is gone or altered counts as one that stays",
        system("test_guard.py", "GuardTest.test_a_twin_on_one_side_alone_is_no_twin"),
        ("sync/hold.c", "(twin->facts & (FACT_GONE_HERE | FACT_GONE_THERE | FACT_ALTERED)) == 0", "true")),

    # ---- flags ----
    bug("OK of STORE believed without an echo", MEANWHILE,
        ("sync/apply_flags.c",
         "mailbox->stirred = true;\n    if (outcome->ok || outcome->changed)\n        return true;",
         "mailbox->stirred = true;\n    for (size_t i = 0; outcome->ok && i < storing->requests[index].count; i++) {\n"
         "        struct todo *todo = storing->todos[storing->first[index] + i];\n"
         "        struct journal_message *row = &storing->message;\n"
         "        if (!run_load(run, todo->id, row))\n            return false;\n"
         "        row->rseen = (row->rseen | todo->step.there_add) & ~todo->step.there_del;\n"
         "        row->rbase = row->rseen;\n        row->lbase = row->lseen;\n"
         "        if (!journal_message_save(run->journal, row, &run->err))\n            return false;\n    }\n"
         "    if (outcome->ok || outcome->changed)\n        return true;")),
    bug("another client's change in an echo taken for the base", MEANWHILE,
        ("sync/apply_flags.c",
         "message->rbase = (message->rbase & ~sent) | (seen->flags & sent);", "message->rbase = seen->flags;")),
    bug("another client's change after an APPEND taken for the base", MEANWHILE,
        ("sync/observe_remote.c", "message->rbase = seen->flags & message->lbase;", "message->rbase = seen->flags;")),
    bug("in a conflict of flags the clear one wins", unit("test_plan"),
        ("sync/plan.c", "(~here | r->seen)", "(~here | ~r->seen)")),
    bug("flags that the server can't hold are sent", unit("test_plan"),
        ("sync/plan.c", "(~there | l->seen) & message->permanent;", "(~there | l->seen);")),
    bug("copy in new/ takes over its source's flags", FILES,
        ("sync/apply_move.c", "run_flags_of(target->info, 0);", "run_flags_of(target->info, target->lbase);")),
    bug("unanswered APPEND forgotten with the name of its file", FILES,
        ("sync/unanswered.c", "    *waits = true;", "    *waits = false;")),
    bug("damage under our own name sent as new mail", FILES,
        ("sync/own_name.c", "return strcmp(rest, \".golub\") == 0;", "return false;")),
    bug("moved file altered for its name alone",
        system("test_files.py", "MoveTest.test_a_file_that_moved_is_not_altered_where_nothing_may_go_up"),
        ("sync/moves.c", "if (memcmp(at->digest, fresh->digest, DIGEST_SIZE) == 0)", "if (at == NULL)")),
    bug("keyword letters carried to another folder as they are",
        system("test_files.py", "LettersTest.test_a_keyword_keeps_its_name_in_the_folder_that_it_moves_to"),
        ("store/maildir/carry.c", "local_info_carried(from->info, letters, info);",
         "text_print(info, LOCAL_INFO_MAX + 1, \"%s\", from->info);")),
    bug("old version of a draft removed before the new one is there", FILES,
        ("sync/agenda.c", "    *replaced = ok && found;", "    *replaced = ok && found;\n    return ok;")),
    bug("old version of a draft not kept before it is removed", FILES,
        ("sync/apply_remove.c", "apply_keep_there(run, agenda) && ", "")),
    bug("replacement counted by the guard", FILES, ("sync/hold.c", "todo->replaced ||", "false ||")),
    bug("what was sent is not looked at again", FILES,
        ("sync/edited.c", "    return (later && now->seconds <= look->print.since + SETTLE_S)", "    return (false)")),
    bug("edited file of the past taken for a newer version", FILES,
        ("sync/edited.c", "if (run->pair_all || run->maildir_older)", "if (false)")),
    bug("name without a suffix taken for no flags at all", unit("test_info"),
        ("store/base/local_info.c", "info[1] == '\\0' ? FLAG_SEEN : 0;", "info[1] == '\\0' ? FLAG_ALL : 0;")),
    bug("seen mail delivered into new/", unit("test_info"),
        ("store/base/local_info.c", "flags == 0 ? \"n\"", "(flags & ~FLAG_SEEN) == 0 ? \"n\"")),

    bug("flag that was given to a twin counts as known to the next file of its message", CROSSING,
        ("sync/renamed.c", "old->rbase = (old->rbase & ~held) | (old->lbase & held);", "(void)held;")),

    # ---- views ----
    bug("what is out of a server's view taken for removed", Test("scenario_view"),
        ("sync/observe_remote.c", "cut = view_is_cut(run, mailbox, &sight->view);", "cut = false;")),
    bug("limit of one mailbox forgotten in another", Test("scenario_view"),
        ("sync/view.c", "if (is_limit_elsewhere(run, view->exists))", "if (false && is_limit_elsewhere(run, view->exists))")),
    bug("what was sent and never listed counted as out of view", Test("scenario_view"),
        ("sync/observe_remote.c", "sight->view.vanished += message.uid < sight->mailbox->row.uidnext;", "sight->view.vanished++;")),
    bug("what was sent not taken for the reason that the oldest went", Test("scenario_view"),
        ("sync/view.c", "view->ours >= view->vanished &&", "false &&")),
    bug("what is missing within a view kept", Test("scenario_view"),
        ("sync/observe_remote.c", "if (message.uid > sight->view.lowest)", "if (false)")),
    bug("change in a limited view believed without a listing", Test("scenario_view"),
        ("sync/view.c", "return is_at_limit(mailbox) ||", "return false && is_at_limit(mailbox) &&")),
    bug("mailbox that grew to a round number taken for a view", Test("scenario_view"),
        ("sync/view.c", "if (view->exists == row->messages)", "if (true)")),
    bug("what was removed out of view kept when the view reaches it", Test("scenario_view"),
        ("sync/view.c", "return lowest == 0 || judge", "return true || judge")),
    bug("what is out of view when UIDs change sent up again", Test("scenario_view"),
        ("sync/view.c", "had_uid ? is_at_limit(mailbox) :", "had_uid ? false :")),
    bug("what is out of view when the journal is lost sent up again", Test("scenario_view"),
        ("sync/view.c", "message.facts == 0 && run_is_own_name(message.base)", "false")),

    bug("what the server cut off not read on", unit("test_imap_limit"),
        ("store/imap/observe.c", "ok = ok && go_on(&observing);", "(void)go_on;")),
    bug("SELECT of a later part believed for the whole listing", unit("test_imap_limit"),
        ("store/imap/observe.c", "if (observing->going_on) { /* told", "if (false) { /* told")),

    # ---- bodies ----
    bug("short body taken at the first reading", Test("scenario_bodies"),
        ("sync/readings.c", "if (literal >= size || same)", "if (literal > 0 || same)")),
    bug("empty body taken because it came twice", Test("scenario_bodies"),
        ("sync/readings.c", "again && reading->read && literal > 0 &&", "again && reading->read &&")),
    # it is read twice in each run: that costs bytes of the line, and changes no message
    said("sizes that are always too high never learned", Test("scenario_bodies"),
        ("sync/apply_down.c", "if (arrival->confirmed)", "if (false)")),
    bug("old version kept under a name that another had", Test("scenario_files"),
        ("sync/apply_keep.c", '"%02x", message->wire[i]', '"%02x", 0U')),
    bug("more written than the disk has room for", Test("scenario_bodies"),
        ("sync/apply_down.c", "down->no_room = space < down->reserve ||", "down->no_room = false && (space < down->reserve) &&")),

    # ---- another mailbox than was meant ----
    bug("\\Deleted sent before its SELECT is answered", unit("test_imap_remote"),
        ("store/imap/store.c", "grave ? WAY_WAIT : WAY_LOOK", "WAY_LOOK"), ("store/imap/store.c", "some && !grave", "some")),
    bug("flags ride blind without a look", unit("test_imap_remote"),
        ("store/imap/store.c", "set_way(storing, begin, storing->at, WAY_WAIT);", "set_way(storing, begin, storing->at, WAY_BLIND);")),

    # ---- names ----
    bug("mailbox that was asked for and is not chosen passed over",
        system("test_policy.py", "PolicyTest.test_a_mailbox_that_is_asked_for_and_not_chosen_is_2"),
        ("sync/survey.c", "if (mailbox != NULL && !mailbox->chosen &&", "if (false &&")),
    bug("first signal not said",
        system("test_signals.py", "SignalTest.test_the_first_signal_is_said_at_once_on_a_terminal_and_nowhere_else"),
        ("config/signals.c", "    say_stopping();", "    if (number == 0)\n        say_stopping();")),
    bug("file with a new name paired with an equal UID that arrived", CROSSING,
        ("sync/identify.c", "if (!renamed_settle(meeting) || ", "if (")),
    bug("new name taken for a new file while the old one is in doubt", CROSSING,
        ("sync/observe_local.c", "(looks[i].undecided ||", "(false ||")),
    bug("name compared in another spelling", CROSSING,
        ("sync/survey_list.c", "if (mailbox->row.utf8 == list->run->info.utf8)", "if (true)")),
    bug("mailbox whose prefix or separator changed taken for a new one", CROSSING,
        ("sync/survey_list.c", "if (!same->listed)", "if (!same->listed && same->row.wire == NULL)")),
    bug("what moved since an older journal fetched and sent again", Test("scenario_set_back"),
        ("sync/moved_since.c", "if (!run->pair_all || ", "if (true || ")),
    bug("flags of what moved since an older journal not merged", Test("scenario_set_back"),
        ("sync/moved_since.c", "        meeting_level_bases(row); /* what its file showed is forgotten */\n", "")),
    bug("what is new under another UIDVALIDITY taken for what moved since an older journal", Test("scenario_set_back"),
        ("sync/moved_since.c", "todo->fresh && todo->again &&", "todo->fresh &&")),
    bug("mailbox spelled aside not known again without a journal",
        system("test_mailbox_names.py", "BesideTest.test_it_keeps_that_name_when_the_journal_is_lost"),
        ("sync/survey_list.c", "aside_of(item, name) ? survey_by_name", "false && aside_of(item, name) ? survey_by_name")),
    bug("folder spelled aside made below the prefix",
        system("test_mailbox_names.py", "BesideTest.test_a_folder_spelled_aside_that_is_no_mailbox_makes_none"),
        ("sync/names.c", "trouble == NULL && to.len == 0 && spelled_aside(level) != NOWHERE", "false")),

    # ---- bytes ----
    bug("lone CR shrunk to LF", unit("test_lines"),
        ("store/base/lines.c", "if (!state->cr || byte != '\\n')", "if (byte != '\\n')")),
    bug("message with a NUL sent", HISTORIES,
        ("sync/apply_up.c", "if (facts.digests.has_nul)", "if (false)")),

    # ---- import ----
    bug("import: row stored before its file is durable", IMPORTS,
        ("sync/import_batch.c",
         "ok = (n == 0 || import->local.ops->deliver(import->local.self, items, n, &import->err)) &&\n"
         "         commit_batch(import, arrivals, count, items);",
         "for (size_t i = 0; i < n; i++)\n        items[i].ok = true;\n"
         "    ok = commit_batch(import, arrivals, count, items) &&\n"
         "         (n == 0 || import->local.ops->deliver(import->local.self, items, n, &import->err));")),
    bug("import: message removed whose delivery failed", IMPORTS,
        ("sync/import_batch.c", "if (arrival->row.state != POP_STORED)\n        return true;", "")),
    bug("import: files of a run that was cut off not looked for", IMPORTS,
        ("sync/import.c", "!import_situation(import) || !import_recover(import)", "!import_situation(import)")),
    bug("import: another header taken for the same message", IMPORTS,
        ("sync/import_verdict.c", "return other_size ? VERDICT_ANOTHER : VERDICT_UNPROVEN;\n    seen_of_row(row, &known);",
         "return VERDICT_SAME;\n    return VERDICT_SAME;")),
    bug("import: removed in a later session without a proof", IMPORTS,
        ("sync/import_keep.c",
         "keeping->numbers[keeping->count++] = listed->number;\n"
         "    return keeping->count + keeping->body_count < LIMIT_BATCH || prove(keeping);",
         "return journal_listing_mark(import->journal, listed->number, &import->err);")),
    bug("import: repeated UIDL removed", IMPORTS,
        ("sync/import_batch.c", "|| arrival->repeated ||", "||")),
    bug("import: rows dropped before QUIT is answered", unit("test_import_keep"),
        ("sync/import_remove.c",
         "return import->maildrop.ops->quit(import->maildrop.self, &import->err) && bury_removed(removing, last);",
         "return bury_removed(removing, last) && import->maildrop.ops->quit(import->maildrop.self, &import->err);")),
    bug("import: row dropped although DELE was refused", unit("test_import"),
        ("sync/import_remove.c",
         "if (row->state != POP_REMOVING) /* refused */\n                continue;", "")),
    bug("import: rows forgotten on a list that is not complete", unit("test_import"),
        ("sync/import_match.c", "(!import->complete || journal_listing_bury(", "(journal_listing_bury(")),
    bug("import: tightened keep not held", IMPORTS,
        ("sync/import_held.c", "return has_guard(import) && is_tightened(import, row);", "return false;")),
    bug("import: days counted as hours", IMPORTS,
        ("store/journal/pop.c", "86400", "3600")),
    bug("import: exit status 75 of the command counts as taken", IMPORTS,
        ("sync/import_hand.c", "if (status == 0) {", "if (status == 0 || status == STATUS_LATER) {")),
    bug("import: cut message delivered", IMPORTS,
        ("sync/import_fetch.c", "    abandon(fetching);\n    return ok && flush(fetching);",
         "    if (!ok && fetching->begun)\n"
         "        (void)on_end(fetching, arrival_at(fetching, fetching->at)->number, MAILDROP_DONE, \"\");\n"
         "    abandon(fetching);\n    return ok && flush(fetching);")),
    bug("import: message asked for before it has a row", IMPORTS,
        ("sync/import_wanted.c", "return !changed || save_begun(import, listed, &arrival->row);", "return true;")),
    bug("import: names given before the data is on the disk",
        system("test_import_flush.py",
               "FlushTest.test_a_batch_is_flushed_while_the_next_one_arrives_and_gets_its_names_after_that"),
        ("store/maildir/ahead.c", "    (void)ahead_wait(maildir); /* what it says is remembered */\n", "")),
    bug("import: failed flush taken for done",
        system("test_import_flush.py",
               "FlushTest.test_a_batch_whose_flush_failed_gets_no_names"),
        ("store/maildir/ahead.c", "    ahead->failed = ahead->begun;\n", "")),
    bug("import: files of a maildrop that was not met yet forgotten", unit("test_import"),
        ("sync/import.c", "if (import->unmet || (import->first && import->messages == 0))", "if (false)")),
    bug("import: what an account beside sends up again removed again", unit("test_import_keep"),
        ("sync/import_keep.c", "(row->facts & POP_RETURNED) != 0 && import->beside != NULL", "false")),
    bug("import: message of another name removed by its header alone", unit("test_import_keep"),
        ("sync/import_match.c", "if (other_name || (import->reused", "if ((import->reused")),
    bug("import: header that names nothing taken for a proof", unit("test_import_keep"),
        ("sync/import_keep.c", " && !names_nothing(row))", " && (names_nothing == NULL || true))")),
    bug("import: removed message under a used again name believed by its header", unit("test_import_keep"),
        ("sync/import_match.c", "(import->reused && row->absent != 0) ||\n        ", "")),
    bug("import: row whose name another message has not looked for among the others", unit("test_import"),
        ("sync/import_match.c", "free_reused(match) &&", "")),
    bug("import: short answer to a proof taken for another message", unit("test_import_keep"),
        ("sync/import_proof.c", "(seen.size >= row->size || ((row->facts & POP_FEWER) == 0 && seen.size >= row->listed))",
         "(row->facts & POP_FEWER) == 0")),
    bug("import: folder of a run that broke off not missed", unit("test_import_keep"),
        ("sync/import_here.c", "return note_gone_of_rows(look);", "return true;")),
    bug("import: what is missed here removed at once", IMPORTS,
        ("sync/import_keep.c", "return row->missed != 0 && days > 0 &&", "return false && days > 0 &&")),
    bug("import: line that was added makes another message", IMPORTS,
        ("sync/import_verdict.c", "if (kin_same(&known.kin, &seen->kin))\n        return VERDICT_SAME;", "")),
    bug("import: row forgotten with the first list that lacks it", IMPORTS,
        ("sync/import_match.c", "age_bound(&import->age.now, days), &forgotten", "INT64_MAX, &forgotten")),
    bug("import: new names not compared with those that went", IMPORTS,
        ("sync/import_match.c", "gone > 0 || files > 0 || match->again", "files > 0 || match->again")),
    bug("import: another size under a UIDL is no doubt", IMPORTS,
        ("store/journal/listing.c", "(group->size == size || group->size == 0 || size == 0)", "true")),
    bug("import: names that stand twice not met by a lost journal", unit("test_import"),
        ("sync/import_meeting.c", "    fresh += doubtful;\n", "")),
    bug("import: equal headers taken for one message", IMPORTS,
        ("sync/import_compare.c", "if (row->has_body && !seen_same_body(row, seen))", "if (false)")),
    bug("import: file taken for its message's header on the wire", IMPORTS,
        ("sync/import_recover.c", "    row.has_header = false;\n", "")),
    bug("import: what went away through the account beside fetched again", unit("test_import_crash"),
        ("sync/import_recover.c", "ok = find_all(&search) && ask_beside(&search);", "ok = find_all(&search);")),
    bug("import: what only its body tells left unproven", unit("test_import"),
        ("sync/import_match.c", "if (import_body_tells(row, seen) && import->may_fetch)", "if (false)")),
    bug("import: bodies read although nothing is to be fetched", unit("test_import"),
        ("sync/import_list.c", "!record_all(import, LISTED_COMPARE) ||", "")),
    # ---- what others may see and do ----
    bug("import: one name that means another message leaves the others believed", unit("test_import_keep"),
        ("sync/import_keep.c", "if (keeping->reused) {", "if (false) {")),
    bug("import: message with the header of one that is absent taken for it unread", unit("test_import_keep"),
        ("sync/import_match.c", "*plain = row->state != POP_REMOVING && (match->renumbered || match->reused) &&\n"
         "                 row->absent == import_stamp(import);",
         "*plain = true;")),
    bug("import: message like one that was about to be removed taken for it unread", unit("test_import_contradicting"),
        ("sync/import_match.c", "*plain = row->state != POP_REMOVING && (match->renumbered", "*plain = (match->renumbered")),
    bug("import: what was about to be removed known by its exact header alone", unit("test_import_contradicting"),
        ("sync/import_candidates.c", "if (row.state == POP_REMOVING && row.absent != import_stamp(import) &&",
         "if (row.state == POP_REMOVING &&")),
    bug("import: as many other bytes taken for a part", unit("test_import_contradicting"),
        ("sync/import_proof.c", "(seen.size >= row->size || ", "(seen.size > row->size || ")),
    bug("import: what LIST made too large stays for good", unit("test_import_contradicting"),
        ("sync/import_verdict.c", "if ((row->facts & POP_SHORT) == 0 || row->state == POP_FETCHING ||", "if (true ||")),
    bug("import: copy of what is known makes names worthless", unit("test_import_contradicting"),
        ("sync/import_match.c", "return !match->like_known ||", "match->reused = match->like_known;\n    return !match->like_known ||")),
    bug("import: what waits stays on a list that no rule makes", unit("test_import_contradicting"),
        ("sync/import_keep.c", "    row->hold[0] = '\\0';\n    return import_save(import, row);", "    (void)import;\n    return true;")),
    bug("import: files of a lost journal looked for in one session alone", unit("test_import"),
        ("sync/import_meeting.c", "if (import->first || import->wide)", "if (import->first)")),
    bug("import: message whose TOP is refused waits for it", unit("test_import"),
        ("sync/import_read.c", "if (seen != NULL || whole->count == LIMIT_BATCH || !import->may_fetch ||", "if (true ||")),
    bug("import: mail removed that a power cut could still take", unit("test_import_keep"),
        ("sync/import_remove.c", "(last == 0 && !flush_all(import)) || ", "")),
    bug("import: what a power cut took looks like the user's removal", unit("test_import_keep"),
        ("sync/import_here.c", "if (import->cut && !journal_here_fetch_missed(", "if (false && !journal_here_fetch_missed(")),
    said("import: removed in each run what is listed in each run", unit("test_import_keep"),
        ("sync/import_verdict.c", "row->facts |= strcmp(row->uidl, listed->uidl) != 0 ? POP_RETURNED : POP_AGAIN;",
         "row->facts |= strcmp(row->uidl, listed->uidl) != 0 ? POP_RETURNED : 0u;")),
    bug("import: mail of the IMAP account's own server removed", unit("test_import_keep"),
        ("sync/import_keep.c", "if (!import_beside_had(import, row->base, &one) || one)", "if (!import_beside_had(import, row->base, &one))")),
    bug("import: bytes that came not known as their file gives them back", ONES("bare_line_feeds_bring_nothing_twice_when_the_journal_is_lost"),
        ("sync/import_read.c", "if (!reading->bare && bare < len) {", "if (false) {")),
    bug("import: file of another size taken for a message of its header", ONES("a_message_with_the_header_of_a_file_is_fetched_when_the_journal_is_lost"),
        ("sync/import_match.c", "*plain = row->size == listed->size;", "*plain = true;")),
    bug("import: name that moved on believed where a header stands twice", ONES("names_that_move_on_among_messages_of_one_header"),
        ("sync/import_match.c", "const bool moved = import->reused || match->again || match->like_known;", "const bool moved = false;")),
    bug("import: names that moved on among messages of one size not found out",
        ONES("names_that_move_on_among_messages_of_one_size_are_found_out_by_one_that_has_none"),
        ("sync/import_match.c", "if (!journal_listing_has_moved(import->journal, &match->like_known, &import->err))", "if (false)")),
    bug("import: message that never came not thought of when all names change", unit("test_import_which"),
        ("store/journal/listing_doubt.c", "SELECT 1 FROM main.pop WHERE state = 1 AND absent = 0 AND", "SELECT 1 FROM main.pop WHERE 0 AND")),
    bug("import: message whose header can't be read not thought of when all names change", unit("test_import_which"),
        ("store/journal/listing_doubt.c", "WHERE header IS NULL AND row = 0", "WHERE 0")),
    bug("import: message of another size taken for the only one of its name", unit("test_import_which"),
        ("sync/import_match.c", "listed->uidl, seen->header, 0, &named_alike", "NULL, seen->header, listed->size, &named_alike")),
    bug("import: what was recorded as had not known without its size", unit("test_import_which"),
        ("sync/import_candidates.c", "if (row->state == POP_HAD && (row->listed == 0 || listed->size == 0))", "if (false)")),
    bug("import: rows of one header paired with messages in their order", unit("test_import_which"),
        ("sync/import_match.c", "rows.count == alike && plain && !rows.mixed", "rows.count == alike && plain")),
    bug("import: message of an equal header new although files were not seen", unit("test_import_which"),
        ("sync/import_compare.c", "if (row.id == 0 && import->unseen)", "if (false)")),
    bug("import: lost journal not noticed where all that is listed was begun", unit("test_import_which"),
        ("sync/import_meeting.c", "return !import->first || look_at_names(&meeting);", "return true;")),
    bug("import: lost journal not noticed beside an IMAP account", unit("test_import_which"),
        ("sync/import_meeting.c", "    meeting->own = !had;\n", "    meeting->own = import_beside_had != NULL && meeting->import->beside == NULL;\n")),
    bug("command may write what it reads", unit("test_import_command"),
        ("sync/deliver_command.c", "open(name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)", "open(name, O_RDWR | O_CLOEXEC | O_NOFOLLOW)")),
    bug("signal not asked for while the server talks",
        system("test_signals.py", "PatienceTest.test_a_server_that_talks_without_end"),
        ("store/net/stream.c", "if (stream->to->stopped == NULL || !stream->to->stopped(stream->to->stopped_context))", "if (true)")),
    bug("signal not asked for while a file is read",
        system("test_signals.py", "PatienceTest.test_a_file_that_takes_minutes_to_read"),
        ("store/maildir/read.c", "if (read_stopped(maildir, err))\n            goto out;", "")),
    bug("subject of a certificate taken for a host name",
        system("test_tls.py", "UntrustedTest.test_only_the_list_of_names_counts_and_a_star_only_for_a_whole_label"),
        ("store/net/tls.c", "SSL_set_hostflags(tls->ssl, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT | ", "SSL_set_hostflags(tls->ssl, ")),
    bug("state folder in others' reach believed", unit("test_settings"),
        ("config/settings_check.c", "(trust_folders(written, loader->err) && trust_folders(resolved, loader->err)) ||", "true ||")),
    bug("list of a maildrop spilled to the system's folder for temporary files", unit("test_journal_pop"),
        ("store/journal/journal.c", "temporary_vfs(journal->temporary)", "NULL")),
]
