"""The table: one row a language. What defines something, and what documents it, in words of its grammar.

To add a language: install its grammar's wheel, parse a snippet of everything it can define, and write down
the node types. A node that needs looking into before one knows what it defines is `hooked`, and
`bot.chunk.naming` says how.
"""

from __future__ import annotations

from bot.languages.row import DocForm, Language

__all__ = ["ROWS"]


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _block(style: str, *marks: str) -> DocForm:
    return DocForm(style, "before", "/**", " * ", "*/", ("/**", *marks))


def _lines(style: str, prefix: str, *marks: str, goes_on: tuple[str, ...] = ()) -> DocForm:
    return DocForm(style, "before", "", prefix, "", marks, goes_on)


_JS_FUNCTIONS = "function_declaration generator_function_declaration method_definition"
_JS_OPEN = "class_body statement_block if_statement else_clause try_statement"
_JS_HOOKED = "lexical_declaration variable_declaration expression_statement"
_JS_TESTS = ("*.test.*", "*.spec.*", "__tests__/**", "test/**", "tests/**")
_TS_FUNCTIONS = f"{_JS_FUNCTIONS} function_signature method_signature abstract_method_signature"
_TS_TYPES = "interface_declaration enum_declaration type_alias_declaration"
_TS_CLASSES = f"class_declaration abstract_class_declaration {_TS_TYPES}"
_C_PREPROCESSOR = "preproc_if preproc_ifdef preproc_else preproc_elif preproc_elifdef"
_C_OPEN = f"{_C_PREPROCESSOR} declaration_list field_declaration_list"
_C_HOOKED = (
    "function_definition declaration field_declaration type_definition struct_specifier union_specifier"
    " enum_specifier"
)


def _typescript(name: str, function: str, *extensions: str) -> Language:
    return Language(
        name=name,
        wheel="tree_sitter_typescript",
        function=function,
        doc=_block("jsdoc"),
        extensions=extensions,
        interpreters=("ts-node", "tsx", "deno", "bun") if name == "typescript" else (),
        functions=_set(_TS_FUNCTIONS),
        classes=_set(_TS_CLASSES),
        scopes=_set("internal_module module"),
        transparent=_set(f"{_JS_OPEN} interface_body"),
        wrappers=_set("export_statement ambient_declaration"),
        hooked=_set(f"{_JS_HOOKED} public_field_definition"),
        attributes=_set("decorator"),
        annotations=_set("decorator"),
        indent="  ",
        tests=_JS_TESTS,
    )


ROWS: tuple[Language, ...] = (
    Language(
        name="python",
        wheel="tree_sitter_python",
        doc=DocForm("google-docstring", "inside", '"""', "", '"""', ('"""', "'''", '"', "'")),
        extensions=(".py", ".pyi", ".pyw"),
        filenames=("SConstruct", "SConscript", "wscript"),
        interpreters=("python", "pypy"),
        functions=_set("function_definition"),
        classes=_set("class_definition"),
        transparent=_set(
            "block if_statement elif_clause else_clause try_statement except_clause except_group_clause"
            " finally_clause with_statement for_statement while_statement match_statement case_clause"
        ),
        wrappers=_set("decorated_definition"),
        annotations=_set("decorator"),
        plain_start=True,
        line_comment="#",
        tests=("test_*.py", "*_test.py", "conftest.py", "test/**", "tests/**"),
    ),
    Language(
        name="javascript",
        wheel="tree_sitter_javascript",
        doc=_block("jsdoc"),
        extensions=(".js", ".mjs", ".cjs", ".jsx"),
        filenames=("Jakefile",),
        interpreters=("node", "nodejs"),
        functions=_set(_JS_FUNCTIONS),
        classes=_set("class_declaration"),
        transparent=_set(_JS_OPEN),
        wrappers=_set("export_statement"),
        hooked=_set(f"{_JS_HOOKED} field_definition"),
        attributes=_set("decorator"),
        annotations=_set("decorator"),
        indent="  ",
        tests=_JS_TESTS,
    ),
    _typescript("typescript", "language_typescript", ".ts", ".mts", ".cts"),
    _typescript("tsx", "language_tsx", ".tsx"),
    Language(
        name="go",
        wheel="tree_sitter_go",
        doc=_lines("godoc", "// ", "//", "/*"),
        extensions=(".go",),
        functions=_set("function_declaration method_declaration method_elem"),
        classes=_set("type_spec type_alias"),
        transparent=_set("interface_type"),
        hooked=_set("type_declaration"),
        bodies=_set("field_declaration_list {"),
        directives=(b"//go:", b"//nolint", b"//export ", b"// +build", b"//lint:"),
        indent="\t",
        tests=("*_test.go",),
    ),
    Language(
        name="rust",
        wheel="tree_sitter_rust",
        doc=_lines("rustdoc", "/// ", "///", "/**"),
        extensions=(".rs",),
        functions=_set("function_item function_signature_item"),
        classes=_set("struct_item enum_item union_item trait_item"),
        scopes=_set("impl_item mod_item"),
        transparent=_set("declaration_list foreign_mod_item"),
        attributes=_set("attribute_item"),
        comments=_set("line_comment block_comment"),
        tests=("tests/**",),
    ),
    Language(
        name="java",
        wheel="tree_sitter_java",
        doc=_block("javadoc"),
        extensions=(".java",),
        functions=_set("method_declaration constructor_declaration compact_constructor_declaration"),
        classes=_set(
            "class_declaration interface_declaration enum_declaration record_declaration"
            " annotation_type_declaration"
        ),
        transparent=_set(
            "class_body interface_body enum_body enum_body_declarations annotation_type_body constructor_body"
        ),
        annotations=_set("annotation marker_annotation"),
        comments=_set("line_comment block_comment"),
        tests=("*Test.java", "*Tests.java", "src/test/**"),
    ),
    Language(
        name="c",
        wheel="tree_sitter_c",
        doc=_block("doxygen", "/*!", "///", "//!"),
        extensions=(".c", ".h"),
        transparent=_set(_C_OPEN),
        wrappers=_set("linkage_specification"),
        hooked=_set(_C_HOOKED),
        tests=("test_*.c", "*_test.c", "test/**", "tests/**"),
    ),
    Language(
        name="cpp",
        wheel="tree_sitter_cpp",
        doc=_block("doxygen", "/*!", "///", "//!"),
        extensions=(
            ".cc",
            ".cpp",
            ".cxx",
            ".c++",
            ".hh",
            ".hpp",
            ".hxx",
            ".h++",
            ".cu",
            ".cuh",
            ".ipp",
            ".C",
        ),
        scopes=_set("namespace_definition"),
        transparent=_set(_C_OPEN),
        wrappers=_set("template_declaration linkage_specification"),
        hooked=_set(f"{_C_HOOKED} class_specifier access_specifier"),
        annotations=_set("attribute_declaration"),
        tests=("test_*.c*", "*_test.c*", "*_unittest.c*", "test/**", "tests/**"),
    ),
    Language(
        name="csharp",
        wheel="tree_sitter_c_sharp",
        doc=_lines("xmldoc", "/// ", "///", "/**"),
        extensions=(".cs", ".csx"),
        functions=_set(
            "method_declaration constructor_declaration destructor_declaration operator_declaration"
            " conversion_operator_declaration local_function_statement"
        ),
        classes=_set(
            "class_declaration interface_declaration struct_declaration enum_declaration record_declaration"
        ),
        scopes=_set("namespace_declaration"),
        transparent=_set("declaration_list global_statement"),
        annotations=_set("attribute_list"),
        tests=("*Test.cs", "*Tests.cs", "test/**", "tests/**"),
    ),
    Language(
        name="ruby",
        wheel="tree_sitter_ruby",
        doc=_lines("yard", "# ", "#"),
        extensions=(".rb", ".rake", ".gemspec", ".ru"),
        filenames=("Rakefile", "Gemfile", "Guardfile", "Podfile", "Vagrantfile"),
        interpreters=("ruby", "jruby"),
        functions=_set("method singleton_method"),
        classes=_set("class module"),
        transparent=_set("body_statement singleton_class do_block if unless then else begin"),
        hooked=_set("call assignment identifier"),
        directives=(b"#!", b"# frozen_string_literal", b"# encoding", b"# rubocop:", b"# typed:"),
        line_comment="#",
        indent="  ",
        tests=("*_test.rb", "*_spec.rb", "test_*.rb", "spec/**", "test/**"),
    ),
    Language(
        name="php",
        wheel="tree_sitter_php",
        function="language_php",
        doc=_block("phpdoc"),
        extensions=(".php", ".phtml", ".php8"),
        interpreters=("php",),
        functions=_set("function_definition method_declaration"),
        classes=_set("class_declaration interface_declaration trait_declaration enum_declaration"),
        scopes=_set("namespace_definition"),
        transparent=_set(
            "declaration_list enum_declaration_list compound_statement if_statement else_clause"
        ),
        annotations=_set("attribute_list"),
        tests=("*Test.php", "test/**", "tests/**"),
    ),
    Language(
        name="kotlin",
        wheel="tree_sitter_kotlin",
        doc=_block("kdoc"),
        extensions=(".kt", ".kts"),
        functions=_set("function_declaration secondary_constructor"),
        classes=_set("class_declaration object_declaration companion_object"),
        transparent=_set("class_body enum_class_body"),
        annotations=_set("annotation"),
        bodies=_set("function_body class_body enum_class_body block"),
        comments=_set("line_comment block_comment"),
        tests=("*Test.kt", "*Tests.kt", "src/test/**"),
    ),
    Language(
        name="scala",
        wheel="tree_sitter_scala",
        doc=_block("scaladoc"),
        extensions=(".scala", ".sc", ".sbt"),
        interpreters=("scala",),
        functions=_set("function_definition function_declaration"),
        classes=_set("class_definition object_definition trait_definition enum_definition package_object"),
        scopes=_set("package_clause"),
        transparent=_set("template_body enum_body with_template_body extension_definition"),
        annotations=_set("annotation"),
        comments=_set("comment block_comment"),
        indent="  ",
        tests=("*Test.scala", "*Spec.scala", "*Suite.scala", "src/test/**"),
    ),
    Language(
        name="swift",
        wheel="tree_sitter_swift",
        doc=_lines("swiftdoc", "/// ", "///", "/**"),
        extensions=(".swift",),
        interpreters=("swift",),
        functions=_set(
            "function_declaration init_declaration deinit_declaration protocol_function_declaration"
        ),
        classes=_set("protocol_declaration"),
        transparent=_set("class_body enum_class_body protocol_body"),
        hooked=_set("class_declaration"),
        annotations=_set("attribute"),
        comments=_set("comment multiline_comment"),
        tests=("*Tests.swift", "*Test.swift", "Tests/**"),
    ),
    Language(
        name="bash",
        wheel="tree_sitter_bash",
        doc=_lines("bash-comment", "# ", "#"),
        extensions=(".sh", ".bash", ".ksh", ".bats"),
        filenames=(".bashrc", ".bash_profile", ".profile", "PKGBUILD"),
        interpreters=("bash", "sh", "dash", "ksh", "ash"),
        functions=_set("function_definition"),
        transparent=_set("if_statement else_clause elif_clause"),
        directives=(b"#!", b"# shellcheck"),
        line_comment="#",
        tests=("*.bats", "test/**", "tests/**"),
    ),
    Language(
        name="lua",
        wheel="tree_sitter_lua",
        doc=_lines("ldoc", "--- ", "---", "--[[--", goes_on=("--",)),
        extensions=(".lua",),
        interpreters=("lua", "luajit"),
        functions=_set("function_declaration"),
        transparent=_set("if_statement else_statement elseif_statement do_statement block"),
        hooked=_set("assignment_statement variable_declaration"),
        line_comment="--",
        indent="  ",
        tests=("*_spec.lua", "*_test.lua", "spec/**", "test/**"),
    ),
)
