"""Batch files: what cmd makes of their lines."""

from typing import Any

import pytest


@pytest.mark.parametrize(
    ("text", "out"),
    [
        ("@echo off\necho hello", "hello\n"),
        ("@echo off\necho.\necho a  b ", "\na  b \n"),
        ("@echo off\nset x=1\necho %x%%x% %% %y%.", "11 % .\n"),
        ('@echo off\nset "x=a b" rest\necho [%x%]', "[a b]\n"),
        ("@echo off\nset x=hello world\necho %x:~0,5% %x:~-5% %x:o=0% %x:~3%", "hello world hell0 w0rld lo world\n"),
        ("@echo off\nset /a x=2+3*4\nset /a x+=1\nset /a y=-7/2, z=x%%4\necho %x% %y% %z%", "15 -3 3\n"),
        ("@echo off\nset /a c=0\n:again\nset /a c=%c%+1\nif %c% lss 5 goto again\necho %c%", "5\n"),
        ('@echo off\nif /i "A"=="a" (echo same) else (echo other)', "same\n"),
        (
            '@echo off\nif "A"=="a" (\n  echo same\n) else if 2 gtr 1 (\n  echo more\n) ELSE (\n  echo other\n)',
            "more\n",
        ),
        ("@echo off\nif not defined nothing echo no & echo two", "no \ntwo\n"),
        ("@echo off\nif defined nothing echo no & echo two", ""),
        ("@echo off\nIF [%nothing%] EQU [] (\n echo empty\n)", "empty\n"),
        ("@echo off\nfor %%i in (a, b;c) do echo %%i", "a\nb\nc\n"),
        ("@echo off\nfor /l %%i in (3,-1,1) do (\n echo %%i\n)", "3\n2\n1\n"),
        ('@echo off\nfor /f "tokens=1,3 delims=:" %%a in ("x:y:z") do echo %%a%%b', "xz\n"),
        ("@echo off\nfor /f \"tokens=2*\" %%a in ('echo one two three four') do echo %%b", "three four\n"),
        ("@echo off\nset x=1\nif 1==1 (\n set x=2\n echo %x%\n)\necho %x%", "1\n2\n"),
        (
            "@echo off\nsetlocal enabledelayedexpansion\nset x=1\nif 1==1 (\n set x=2\n echo !x!\n)\nendlocal\necho [%x%]",
            "2\n[]\n",
        ),
        ('@echo off\ncall :part a "b c"\necho back %r%\nexit /b\n:part\nset r=%1-%~2\ngoto :eof', "back a-b c\n"),
        ('@echo off\necho a^&b ^> "c&d"', 'a&b > "c&d"\n'),
        ("@echo off\necho one& echo two&&echo three||echo four", "one\ntwo\nthree\n"),
        ('@echo off\necho abc | find /i "B"', "abc \n"),
        ('@echo off\necho abc | find "B" >nul 2>&1\necho %errorlevel%', "1\n"),
        (
            "@echo off\necho x>%TMP%\\a.txt\necho y >> %TMP%\\a.txt\ntype %TMP%\\a.txt\nset /p l=<%TMP%\\a.txt\necho [%l%]",
            "x\ny \n[x]\n",
        ),
        (
            "@echo off\nrem echo no\n:: echo no\necho %0 %~nx0 %1 %*",
            "C:\\Users\\Public\\test.cmd test.cmd one one two\n",
        ),
        ("@echo off\necho %~dp0", "C:\\Users\\Public\\\n"),
        ("@echo off\necho long ^\nline", "long line\n"),
        (
            "@echo off\nif exist C:\\Users\\Public\\TEST.CMD echo there\nif not exist C:\\no echo not there",
            "there\nnot there\n",
        ),
        ("@echo off\n(echo a\necho b)>%TMP%\\b.txt\ntype %TMP%\\b.txt", "a\nb\n"),
        ("@echo off\ncd /d C:\\Users\\Public\necho %CD%\ncd ..\ncd", "C:\\Users\\Public\nC:\\Users\n"),
        (
            "@echo off\ncmd /c exit 7\necho %errorlevel%\nif errorlevel 7 echo seven\nif errorlevel 8 echo eight",
            "7\nseven\n",
        ),
        ("echo hi", "\nC:\\Windows\\System32>echo hi \nhi\n"),
    ],
)
def test_a_script_prints_what_cmd_prints(script: Any, text: str, out: str):
    ended = script(text, "one", "two")
    assert (ended.out, ended.err, ended.not_simulated) == (out, "", [])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("@exit /b 40", 40),
        ("@set errorCode=35\n@exit /b %errorCode%", 35),
        ("@exit 3\n@exit /b 4", 3),
        ("@call :x\n@exit /b %errorlevel%\n:x\n@exit /b 9", 9),
        ("@reg query HKLM\\no >nul 2>&1", 1),
        (
            "@echo off\nreg query HKLM\\no >nul 2>&1\nif %errorlevel% neq 0 (\n set e=10\n goto ERROR\n)\n:ERROR\nexit /b %e%",
            10,
        ),
    ],
)
def test_the_exit_code_is_the_scripts(script: Any, text: str, code: int):
    assert script(text).code == code
